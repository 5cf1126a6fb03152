import HTTPTypes

extension HTTPFields {
    /// Whether an answer may be compressed with gzip (RFC 9110 §12.5.3).
    ///
    /// The identity coding can always be sent, so whatever is left out or can't be understood means that. It is also sent
    /// where it is preferred by name. Of a coding that is listed twice the smaller weight counts.
    var acceptsGzip: Bool {
        guard let field = self[.acceptEncoding] else { return false }
        var gzip: Int?
        var others: Int?
        var identity: Int?
        for item in field.utf8.split(separator: UInt8(ascii: ",")) {
            let parts = item.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false).map(\.withoutOWS)
            let weight = Self.weight(parts.dropFirst())
            if parts[0].equals("gzip") || parts[0].equals("x-gzip") {
                gzip = Swift.min(gzip ?? weight, weight)
            } else if parts[0].equals("*") {
                others = Swift.min(others ?? weight, weight)
            } else if parts[0].equals("identity") {
                identity = Swift.min(identity ?? weight, weight)
            }
        }
        let weight = gzip ?? others ?? 0
        return weight > 0 && weight >= identity ?? 0
    }

    /// A weight in thousandths, 1000 if there is none, and 0 for what is none (RFC 9110 §12.4.2).
    private static func weight(_ parameters: some Collection<Substring.UTF8View>) -> Int {
        guard let parameter = parameters.first else { return 1000 }
        guard parameters.count == 1, parameter.prefix(2).equals("q=") else { return 0 }
        var digits = parameter.dropFirst(2)
        guard let first = digits.popFirst(), first == UInt8(ascii: "0") || first == UInt8(ascii: "1") else { return 0 }
        var weight = first == UInt8(ascii: "1") ? 1000 : 0
        guard let point = digits.popFirst() else { return weight }
        guard point == UInt8(ascii: "."), digits.count <= 3 else { return 0 }
        var place = 100
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return 0 }
            weight += Int(digit - UInt8(ascii: "0")) * place
            place /= 10
        }
        return weight <= 1000 ? weight : 0
    }
}
