import Yams

extension Section {
    /// More values than anybody lists by hand.
    static let listLimit = 1000

    /// The values of the list at `key`, each with its own place; `nil` if there is none, or a bad one, which is reported.
    ///
    /// The file writes a list, or one text in which commas separate the values, as in the environment and in flags.
    func list<Value>(_ key: String, of format: ValueFormat<Value>) -> [Setting<Value>]? {
        let given: [Given?]
        switch found(key) {
        case nil: return nil
        case .beside(let text): given = Self.separated(text)
        case .file(let node):
            if let sequence = node.sequence {
                guard bound(sequence.count, key, at: .file(reading.location(node.mark))) else { return nil }
                given = sequence.map { text(of: $0, key, expectation: format.expectation, isSecret: format.isSecret) }
            } else {
                let expectation = "a list, each \(format.expectation)"
                let text = text(of: node, key, expectation: expectation, isSecret: format.isSecret)
                given = text.map(Self.separated) ?? [nil]
            }
        }
        guard bound(given.count, key, at: given.first??.origin) else { return nil }
        let values = given.map { $0.flatMap { value($0, key, as: format) } }
        let good = values.compactMap { $0 }
        return good.count == values.count ? good : nil
    }

    /// Reports a list that is too long.
    private func bound(_ count: Int, _ key: String, at origin: ConfigurationOrigin?) -> Bool {
        guard count > Self.listLimit else { return true }
        report(.invalidValue, "expected a list of at most \(Self.listLimit) values, found more", key: key, at: origin)
        return false
    }

    /// The parts of a text between commas, without the spaces around them.
    private static func separated(_ given: Given) -> [Given] {
        let comma = UInt8(ascii: ",")
        let parts = given.text.utf8.split(separator: comma, maxSplits: listLimit, omittingEmptySubsequences: false)
        return parts.map { part in
            let text = String(Substring(part.trimmed))
            return Given(text: text, written: given.isExpanded ? given.written : text, origin: given.origin)
        }
    }
}

extension Substring.UTF8View {
    fileprivate var trimmed: Substring.UTF8View {
        var rest = self
        while let byte = rest.first, byte.isBlank { rest.removeFirst() }
        while let byte = rest.last, byte.isBlank { rest.removeLast() }
        return rest
    }
}

extension UInt8 {
    fileprivate var isBlank: Bool { " \t\r\n".utf8.contains(self) }
}
