import ArgumentParser

/// A header as it is written on the command line: `Name: value`.
struct HeaderArgument: Equatable {
    let name: String
    let value: String

    /// - Throws: `ValidationError` with a sentence, if there is no name, or the value could not be sent.
    init(_ argument: String) throws {
        let bytes = Array(argument.utf8)
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else {
            throw ValidationError("'\(argument)' has no colon; a header is written 'Name: value'.")
        }
        let name = bytes[..<colon]
        guard !name.isEmpty, name.allSatisfy({ (0x21...0x7E).contains($0) && !Self.separators.contains($0) }) else {
            throw ValidationError("'\(argument)' does not begin with the name of a header.")
        }
        let isBlank: (UInt8) -> Bool = { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        var value = bytes[(colon + 1)...].drop(while: isBlank)
        while let last = value.last, isBlank(last) { value.removeLast() }
        guard value.allSatisfy({ $0 == UInt8(ascii: "\t") || $0 >= 0x20 && $0 != 0x7F }) else {
            let name = String(decoding: name, as: UTF8.self)
            throw ValidationError("The value of the header '\(name)' has control characters.")
        }
        self.name = String(decoding: name, as: UTF8.self)
        self.value = String(decoding: value, as: UTF8.self)
    }

    /// What RFC 9110 §5.6.2 keeps out of a token, of the visible ASCII.
    private static let separators = Array(#"(),/:;<=>?@[\]{}""#.utf8)
}
