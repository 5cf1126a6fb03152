/// Finds where a key is given again; the parser tells only where it is given first.
enum DuplicateKey {
    /// The line of the next `key:` in the column of the first and in the same block, or `nil` if that can't be told.
    static func line(of key: String, after line: Int, column: Int, in text: String) -> Int? {
        let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, bytes) in lines.enumerated().dropFirst(line) {
            let content = bytes.drop { $0 == UInt8(ascii: " ") }
            let indentation = bytes.count - content.count
            guard let first = content.first, first != UInt8(ascii: "#"), first != UInt8(ascii: "\r") else { continue }
            if indentation < column - 1 { return nil }
            guard indentation == column - 1 else { continue }
            for written in [key, "\"\(key)\"", "'\(key)'"] where content.starts(with: written.utf8) {
                let rest = content.dropFirst(written.utf8.count).drop { $0 == UInt8(ascii: " ") }
                if rest.first == UInt8(ascii: ":") { return index + 1 }
            }
        }
        return nil
    }
}
