extension EventEncoder {
    /// A comment as bytes, with an empty line behind it: what keeps a quiet stream alive.
    ///
    /// Clients ignore comments; proxies see traffic. Text of several lines, split as data is, becomes as many comment
    /// lines, so no text can smuggle in a field. An empty line is written as `:` alone.
    ///
    /// ```swift
    /// EventEncoder.comment("hello")  // : hello\n\n
    /// EventEncoder.comment("")       // :\n\n
    /// ```
    ///
    /// Source: WHATWG HTML 9.2.5, `comment`, and 9.2.7, which suggests one every 15 seconds or so.
    public static func comment(_ text: String) -> [UInt8] {
        var text = text
        return text.withUTF8 { bytes in
            var comment: [UInt8] = []
            comment.reserveCapacity(bytes.count + 4)
            LineEnd.forEachLine(of: UnsafeRawBufferPointer(bytes)) { line in
                comment.append(UInt8(ascii: ":"))
                if !line.isEmpty { comment.append(UInt8(ascii: " ")) }
                comment.append(contentsOf: line)
                comment.append(LineEnd.lf)
            }
            comment.append(LineEnd.lf)
            return comment
        }
    }
}
