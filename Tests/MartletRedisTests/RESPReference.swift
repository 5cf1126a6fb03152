/// RESP as its specification says it, read from a whole array, by recursion, byte for byte: slow, and easy to check.
/// Shares no code with `RESPDecoder`; knows no limits but the depth, and no incremental reading.
struct RESPReference {
    struct Malformed: Error {}
    struct Unfinished: Error {}

    private let bytes: [UInt8]
    private(set) var place = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The values in the notation of ``Notation``, and whether something malformed comes behind them.
    static func outcome(of bytes: [UInt8]) -> (values: [String], isMalformed: Bool) {
        var reference = RESPReference(bytes)
        var values: [String] = []
        do {
            while true { values.append(try reference.value(level: 0)) }
        } catch is Malformed {
            return (values, true)
        } catch {
            return (values, false)
        }
    }

    private mutating func value(level: Int) throws -> String {
        let marker = try self.byte()
        switch marker {
        case "+": return "simple \(try self.line())"
        case "-": return "error \(try self.line())"
        case ":": return "number \(try self.number(signs: ["-", "+"]))"
        case "(":
            let digits = try self.line()
            let unsigned = digits.hasPrefix("-") || digits.hasPrefix("+") ? digits.dropFirst() : digits[...]
            guard !unsigned.isEmpty, unsigned.allSatisfy({ "0"..."9" ~= $0 }) else { throw Malformed() }
            return "big \(digits)"
        case "_":
            guard try self.line() == "" else { throw Malformed() }
            return "null"
        case "#":
            switch try self.line() {
            case "t": return "true"
            case "f": return "false"
            default: throw Malformed()
            }
        case ",":
            let text = try self.line()
            if ["inf", "+inf", "-inf", "nan", "-nan"].contains(text) { return "double \(Double(text)!.magnitudeText)" }
            guard text.wholeMatch(of: /[+\-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+\-]?[0-9]+)?/) != nil else {
                throw Malformed()
            }
            return "double \(Double(text)!.magnitudeText)"
        case "$", "!", "=":
            let length = try self.number(signs: ["-"])
            if length == -1, marker == "$" { return "null" }
            guard length >= 0, length <= 16 << 20 else { throw Malformed() }
            let text = try self.text(Int(length))
            if marker == "=", Array(text.unicodeScalars).dropFirst(3).first != ":" { throw Malformed() }
            return "\(marker == "$" ? "bulk" : marker == "!" ? "bulk error" : "verbatim") \(text)"
        case "*", "~", ">", "%", "|":
            let count = try self.number(signs: ["-"])
            if count == -1, marker == "*" { return "null" }
            guard count >= 0, count <= 1_000_000, level < 32, marker != ">" || level == 0 else { throw Malformed() }
            var elements: [String] = []
            for _ in 0..<(marker == "%" || marker == "|" ? 2 * count : count) {
                elements.append(try self.value(level: level + 1))
            }
            if marker == "|" { return try self.value(level: level) }
            return "\(marker)[\(elements.joined(separator: ", "))]"
        default: throw Malformed()
        }
    }

    private mutating func byte() throws -> Unicode.Scalar {
        guard self.place < self.bytes.count else { throw Unfinished() }
        defer { self.place += 1 }
        return Unicode.Scalar(self.bytes[self.place])
    }

    /// As Latin-1, in which every byte is a character.
    private mutating func line() throws -> String {
        var text = ""
        while true {
            let next = try self.byte()
            if next == "\n" { throw Malformed() }
            if next == "\r" {
                guard try self.byte() == "\n" else { throw Malformed() }
                return text
            }
            text.unicodeScalars.append(next)
        }
    }

    private mutating func text(_ length: Int) throws -> String {
        var text = ""
        guard self.place + length + 2 <= self.bytes.count else { throw Unfinished() }
        for _ in 0..<length { text.unicodeScalars.append(try self.byte()) }
        guard try self.byte() == "\r", try self.byte() == "\n" else { throw Malformed() }
        return text
    }

    private mutating func number(signs: Set<Unicode.Scalar>) throws -> Int64 {
        let line = try self.line()
        let scalars = Array(line.unicodeScalars)
        let digits = scalars.first.map { signs.contains($0) } ?? false ? scalars.dropFirst() : scalars[...]
        guard !digits.isEmpty, digits.allSatisfy({ "0"..."9" ~= $0 }), let number = Int64(line) else {
            throw Malformed()
        }
        return number
    }
}

extension Double {
    /// The same for every NaN.
    var magnitudeText: String { self.isNaN ? "nan" : "\(self)" }
}
