/// Reads the numbers and words of a file of Linux's `/proc`, by its bytes. Does no I/O.
struct ProcText {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: some Sequence<UInt8>) {
        self.rest = ArraySlice(bytes)
    }

    /// The lines, without their ends; the last may have none.
    var lines: [ProcText] {
        self.rest.split(separator: UInt8(ascii: "\n")).map { ProcText($0) }
    }

    private init(_ rest: ArraySlice<UInt8>) {
        self.rest = rest
    }

    /// Takes the next word, up to white space.
    mutating func word() -> String? {
        self.skipSpace()
        let word = self.rest.prefix { !Self.isSpace($0) }
        self.rest = self.rest[word.endIndex...]
        return word.isEmpty ? nil : String(decoding: word, as: UTF8.self)
    }

    /// Takes the next number; nil, and nothing is taken, if none comes next or it is too large.
    mutating func number() -> UInt64? {
        self.skipSpace()
        var value: UInt64 = 0
        let digits = self.rest.prefix { $0 &- 0x30 < 10 }
        guard !digits.isEmpty else { return nil }
        for digit in digits {
            let (tens, isTooLarge) = value.multipliedReportingOverflow(by: 10)
            let (sum, isTooLargeToo) = tens.addingReportingOverflow(UInt64(digit - 0x30))
            guard !isTooLarge, !isTooLargeToo else { return nil }
            value = sum
        }
        self.rest = self.rest[digits.endIndex...]
        return value
    }

    /// Takes the next number, which may have a fraction.
    mutating func decimal() -> Double? {
        guard let whole = self.number() else { return nil }
        guard self.rest.first == UInt8(ascii: ".") else { return Double(whole) }
        let digits = self.rest.dropFirst().prefix { $0 &- 0x30 < 10 }
        self.rest = self.rest[digits.endIndex...]
        // Eighteen digits are more than a Double holds.
        var fraction = 0.0
        var scale = 1.0
        for digit in digits.prefix(18) {
            fraction = fraction * 10 + Double(digit - 0x30)
            scale *= 10
        }
        return Double(whole) + fraction / scale
    }

    /// Takes what is before the last `separator`, and that.
    mutating func text(beforeLast separator: UInt8) -> String? {
        guard let end = self.rest.lastIndex(of: separator) else { return nil }
        self.skipSpace()
        guard self.rest.startIndex <= end else { return nil }
        let text = self.rest[..<end]
        self.rest = self.rest[(end + 1)...]
        return String(decoding: text, as: UTF8.self)
    }

    private mutating func skipSpace() {
        self.rest = self.rest.drop(while: Self.isSpace)
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }
}
