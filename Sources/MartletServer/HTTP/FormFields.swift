/// Reads `application/x-www-form-urlencoded` names and values, in a query or a body (WHATWG URL §5.1).
enum FormFields {
    /// What is wrong with a form.
    struct Malformed: Error, Hashable {
        var message: String
    }

    /// Calls `body` with each name and value, in order.
    ///
    /// Stricter than browsers where leniency would hide a mistake: a `%` without two hex digits and bytes that are no
    /// UTF-8 are refused.
    static func forEach(
        in bytes: UnsafeRawBufferPointer,
        _ body: (_ name: String, _ value: String) throws -> Void
    ) throws {
        var start = 0
        while start <= bytes.count {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "&")) ?? bytes.count
            if end > start {
                let pair = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
                let equals = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.count
                let name = try self.decode(UnsafeRawBufferPointer(rebasing: pair[..<equals]), plusIsSpace: true)
                let value =
                    equals < pair.count
                    ? try self.decode(UnsafeRawBufferPointer(rebasing: pair[(equals + 1)...]), plusIsSpace: true) : ""
                try body(name, value)
            }
            start = end + 1
        }
    }

    /// Undoes percent-encoding once.
    static func decode(_ bytes: UnsafeRawBufferPointer, plusIsSpace: Bool) throws -> String {
        let special = bytes.contains { $0 == UInt8(ascii: "%") || (plusIsSpace && $0 == UInt8(ascii: "+")) }
        guard special else { return try self.text(bytes) }
        return try withUnsafeTemporaryAllocation(byteCount: bytes.count, alignment: 1) { output in
            var read = 0
            var written = 0
            while read < bytes.count {
                var byte = bytes[read]
                if byte == UInt8(ascii: "+"), plusIsSpace {
                    byte = UInt8(ascii: " ")
                } else if byte == UInt8(ascii: "%") {
                    guard read + 2 < bytes.count, let high = self.hex(bytes[read + 1]),
                        let low = self.hex(bytes[read + 2])
                    else { throw Malformed(message: "A \"%\" is not followed by two hexadecimal digits.") }
                    byte = high << 4 | low
                    read += 2
                }
                output[written] = byte
                read += 1
                written += 1
            }
            return try self.text(UnsafeRawBufferPointer(rebasing: output[..<written]))
        }
    }

    static func decode(_ text: some StringProtocol, plusIsSpace: Bool) throws -> String {
        var text = String(text)
        return try text.withUTF8 { try self.decode(UnsafeRawBufferPointer($0), plusIsSpace: plusIsSpace) }
    }

    private static func text(_ bytes: UnsafeRawBufferPointer) throws -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Malformed(message: "The text is not valid UTF-8.")
        }
        return text
    }

    private static func hex(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
