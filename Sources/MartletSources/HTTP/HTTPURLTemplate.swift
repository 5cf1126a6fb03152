/// The URL of an `http` source: `https://api.example/users/{user_id}?lang={lang}`.
///
/// Only `{name}` is understood (RFC 6570, level 1), and only after the authority: every octet of a value that is not
/// unreserved is percent-encoded. So a value can't change scheme, host or port, nor begin a query, a parameter or a
/// segment of the path. Values that servers are known to take for more than a segment once they have decoded it, which
/// are empty ones and those with a part `.` or `..`, are refused in the path.
package struct HTTPURLTemplate: Sendable, Hashable {
    enum Part: Sendable, Hashable {
        case literal(String)
        case variable(String)
    }

    /// The template as it was written.
    package let text: String
    /// Before the query.
    let path: [Part]
    /// With the question mark; empty if there is none.
    let query: [Part]

    /// The names of its variables, in order.
    package var variables: [String] {
        (self.path + self.query).compactMap { part in
            if case .variable(let name) = part { name } else { nil }
        }
    }

    /// The URL for the values of the variables.
    package func url(for values: [String: String]) throws(SourceProblem) -> String {
        var url = ""
        // The last segment, to see that literals and values together make no dots.
        try self.append(self.path, of: values, to: &url) { name, value throws(SourceProblem) in
            if value.isEmpty { throw self.problem("the variable \"\(name)\" is empty") }
            let parts = value.utf8.split(omittingEmptySubsequences: false) { $0 == 0x2F || $0 == 0x5C }
            if parts.contains(where: { Self.isDots($0) }) {
                throw self.problem("the variable \"\(name)\" would lead to another directory")
            }
        }
        if Self.hasDots(url) { throw self.problem("the values would lead to another directory") }
        try self.append(self.query, of: values, to: &url) { _, _ throws(SourceProblem) in }
        return url
    }

    init(text: String, path: [Part], query: [Part]) {
        self.text = text
        self.path = path
        self.query = query
    }

    private func append(
        _ parts: [Part],
        of values: [String: String],
        to url: inout String,
        check: (_ name: String, _ value: String) throws(SourceProblem) -> Void
    ) throws(SourceProblem) {
        for part in parts {
            switch part {
            case .literal(let text): url += text
            case .variable(let name):
                guard let value = values[name] else { throw self.problem("the topic has no \"\(name)\"") }
                try check(name, value)
                url += Self.encoded(value)
            }
        }
    }

    private func problem(_ what: String) -> SourceProblem {
        SourceProblem(.refused, "cannot ask \(Self.shown(self.text)): \(what)")
    }

    /// What messages have of a URL or a template: not its query, which may hold a key.
    static func shown(_ url: String) -> String {
        guard let query = url.utf8.firstIndex(of: UInt8(ascii: "?")) else { return url }
        return url[..<query] + "?…"
    }

    static func encoded(_ value: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in value.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: bytes.append(byte)
            default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Whether a path has a segment `.` or `..`, also if its dots are percent-encoded.
    static func hasDots(_ path: String) -> Bool {
        path.lowercased().replacing("%2e", with: ".").utf8.split(separator: 0x2F).contains { Self.isDots($0) }
    }

    private static func isDots(_ segment: some Sequence<UInt8>) -> Bool {
        segment.elementsEqual(".".utf8) || segment.elementsEqual("..".utf8)
    }
}
