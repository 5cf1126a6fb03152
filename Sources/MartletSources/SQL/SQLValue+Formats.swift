#if PostgreSQL || MySQL
extension SQLValue {
    /// A number as an engine writes it, when JSON can hold it; else its text. NaN and the infinities become `"NaN"`,
    /// `"Infinity"` and `"-Infinity"`: JSON has no such numbers, and `null` would say that there is none.
    init(number text: String) {
        self = Self.isJSONNumber(text.utf8) ? .number(text) : .text(text)
    }

    /// A double, or the text of one that JSON can't hold.
    init(real: Double) {
        if real.isFinite {
            self = .real(real)
        } else {
            self = .text(real.isNaN ? "NaN" : real < 0 ? "-Infinity" : "Infinity")
        }
    }

    /// RFC 8259 §6.
    static func isJSONNumber(_ text: String.UTF8View) -> Bool {
        var rest = text[...]
        func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
        func digits() -> Int {
            let digits = rest.prefix(while: isDigit)
            rest = rest[digits.endIndex...]
            return digits.count
        }
        if rest.first == UInt8(ascii: "-") { rest.removeFirst() }
        let isZero = rest.first == UInt8(ascii: "0")
        let whole = digits()
        guard whole == 1 || (whole > 1 && !isZero) else { return false }
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            guard digits() > 0 else { return false }
        }
        if let byte = rest.first, byte | 0x20 == UInt8(ascii: "e") {
            rest.removeFirst()
            if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest.removeFirst() }
            guard digits() > 0 else { return false }
        }
        return rest.isEmpty
    }
}
#endif
