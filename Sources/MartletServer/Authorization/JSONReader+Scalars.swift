extension JSONReader {
    /// A number's digits (RFC 8259 §6).
    mutating func number() throws(JSONError) -> String {
        let start = self.index
        _ = self.take("-")
        if !self.take("0") { try self.digits() }
        if self.take(".") { try self.digits() }
        if self.take("e") || self.take("E") {
            if !self.take("+") { _ = self.take("-") }
            try self.digits()
        }
        return String(decoding: self.bytes[start..<self.index], as: Unicode.UTF8.self)
    }

    private mutating func digits() throws(JSONError) {
        let start = self.index
        while let byte = self.next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { self.index += 1 }
        guard self.index > start else { throw self.unexpected }
    }

    /// A string's text (RFC 8259 §7).
    mutating func string() throws(JSONError) -> String {
        guard self.take("\"") else { throw self.unexpected }
        var text: [UInt8] = []
        while let byte = self.next {
            switch byte {
            case UInt8(ascii: "\""):
                self.index += 1
                return String(decoding: text, as: Unicode.UTF8.self)
            case UInt8(ascii: "\\"):
                self.index += 1
                text += try self.escaped()
            case 0..<0x20: throw self.unexpected
            default:
                text.append(byte)
                self.index += 1
            }
        }
        throw self.unexpected
    }

    /// What stands for itself, or for something else, after a backslash.
    private mutating func escaped() throws(JSONError) -> [UInt8] {
        guard let byte = self.next else { throw self.unexpected }
        let plain: UInt8
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): plain = byte
        case UInt8(ascii: "b"): plain = 0x08
        case UInt8(ascii: "f"): plain = 0x0C
        case UInt8(ascii: "n"): plain = 0x0A
        case UInt8(ascii: "r"): plain = 0x0D
        case UInt8(ascii: "t"): plain = 0x09
        case UInt8(ascii: "u"):
            self.index += 1
            return Array(String(Character(try self.scalar())).utf8)
        default: throw self.unexpected
        }
        self.index += 1
        return [plain]
    }

    /// One code unit in hexadecimal, or two of a surrogate pair. Half a pair is no text, so it is refused.
    private mutating func scalar() throws(JSONError) -> Unicode.Scalar {
        let first = try self.codeUnit()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard self.take("\\"), self.take("u") else { throw self.unexpected }
        let second = try self.codeUnit()
        let value = 0x10000 + (UInt32(first & 0x3FF) << 10 | UInt32(second & 0x3FF))
        guard UTF16.isLeadSurrogate(first), UTF16.isTrailSurrogate(second), let scalar = Unicode.Scalar(value) else {
            throw self.unexpected
        }
        return scalar
    }

    private mutating func codeUnit() throws(JSONError) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = self.next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw self.unexpected
            }
            unit = unit << 4 | UInt16(digit)
            self.index += 1
        }
        return unit
    }
}
