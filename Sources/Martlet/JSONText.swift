/// Writes strings as JSON (RFC 8259 §7).
package enum JSONText {
    private static let hexDigits = Array("0123456789abcdef".utf8)

    /// `text` between quotation marks, with what must be escaped escaped.
    package static func quoted(_ text: some StringProtocol) -> String {
        var bytes: [UInt8] = [UInt8(ascii: "\"")]
        bytes.reserveCapacity(text.utf8.count + 2)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case 0x0A: bytes += "\\n".utf8
            case 0x0D: bytes += "\\r".utf8
            case 0x09: bytes += "\\t".utf8
            case 0..<0x20:
                bytes += "\\u00".utf8
                bytes += [self.hexDigits[Int(byte >> 4)], self.hexDigits[Int(byte & 15)]]
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
        return String(decoding: bytes, as: Unicode.UTF8.self)
    }
}
