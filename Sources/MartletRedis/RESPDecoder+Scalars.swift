import NIOCore

// Values of one line. They are checked byte by byte: what Swift's own parsers take is wider than what RESP allows.
extension RESPDecoder {
    func number(in line: Line) throws(RESPDecodingError) -> Int64 {
        guard let number = self.withBytes(of: line, { Self.integer($0, signs: "+-") }) else {
            throw .malformed("An integer is none, or needs more than 64 bits")
        }
        return number
    }

    /// A length or a count; `nil` for -1, by which RESP2 says null.
    func length(in line: Line) throws(RESPDecodingError) -> Int? {
        let number = self.withBytes(of: line) { Self.integer($0, signs: "-") }
        if let number, number >= 0 { return Int(number) }
        if number == -1, line.marker == .bulkString || line.marker == .array { return nil }
        throw .malformed("A length is none")
    }

    func null(in line: Line) throws(RESPDecodingError) -> RESPToken {
        guard line.start == line.end else { throw .malformed("A null has something in it") }
        return .null
    }

    func boolean(in line: Line) throws(RESPDecodingError) -> Bool {
        let value: Bool? = self.withBytes(of: line) { bytes in
            guard bytes.count == 1 else { return nil }
            return bytes[0] == UInt8(ascii: "t") ? true : bytes[0] == UInt8(ascii: "f") ? false : nil
        }
        guard let value else { throw .malformed("A boolean is neither t nor f") }
        return value
    }

    func double(in line: Line) throws(RESPDecodingError) -> Double {
        let value: Double? = self.withBytes(of: line) { bytes in
            switch String(decoding: bytes, as: UTF8.self) {
            case "inf", "+inf": .infinity
            case "-inf": -.infinity
            case "nan", "-nan": .nan
            case let text: Self.isDecimal(bytes) ? Double(text) : nil
            }
        }
        guard let value else { throw .malformed("A double is no number") }
        return value
    }

    func digits(_ bytes: ByteBuffer) throws(RESPDecodingError) -> ByteBuffer {
        var digits = bytes.readableBytesView[...]
        if let first = digits.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") { digits.removeFirst() }
        guard !digits.isEmpty, digits.allSatisfy(Self.isDigit) else {
            throw .malformed("A big number has something else than digits")
        }
        return bytes
    }

    static func token(of bytes: ByteBuffer, as marker: Marker) throws(RESPDecodingError) -> RESPToken {
        switch marker {
        case .bulkError: return .bulkError(bytes)
        case .verbatimString:
            guard bytes.getInteger(at: bytes.readerIndex + 3, as: UInt8.self) == UInt8(ascii: ":") else {
                throw .malformed("A verbatim string names no format")
            }
            return .verbatimString(bytes)
        default: return .bulkString(bytes)
        }
    }

    /// The bytes of a line, behind its marker.
    private func withBytes<Value>(of line: Line, _ body: (UnsafeRawBufferPointer) -> Value) -> Value {
        self.buffer.withVeryUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[line.start..<line.end])) }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    private static func integer(_ bytes: UnsafeRawBufferPointer, signs: StaticString) -> Int64? {
        guard var first = bytes.first else { return nil }
        var index = 0
        let isSigned = signs.withUTF8Buffer { $0.contains(first) }
        if isSigned {
            guard bytes.count > 1 else { return nil }
            index = 1
        } else {
            first = 0
        }
        // Counted downwards, because the smallest number has no positive counterpart.
        var value: Int64 = 0
        while index < bytes.count {
            guard Self.isDigit(bytes[index]) else { return nil }
            let (tens, tooLarge) = value.multipliedReportingOverflow(by: 10)
            let (next, stillTooLarge) = tens.subtractingReportingOverflow(Int64(bytes[index] - 0x30))
            if tooLarge || stillTooLarge { return nil }
            value = next
            index += 1
        }
        if first == UInt8(ascii: "-") { return value }
        return value == .min ? nil : -value
    }

    /// `[+-] digits [. digits] [e [+-] digits]`, with digits on one side of the point at least.
    private static func isDecimal(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var rest = bytes[...]
        func dropSign() {
            if let first = rest.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") { rest.removeFirst() }
        }
        func dropDigits() -> Int {
            let before = rest.count
            rest = rest.drop(while: Self.isDigit)
            return before - rest.count
        }
        dropSign()
        var count = dropDigits()
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            count += dropDigits()
        }
        guard count > 0 else { return false }
        if let first = rest.first, first | 0x20 == UInt8(ascii: "e") {
            rest.removeFirst()
            dropSign()
            guard dropDigits() > 0 else { return false }
        }
        return rest.isEmpty
    }
}
