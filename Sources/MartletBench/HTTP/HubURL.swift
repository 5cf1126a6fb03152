/// Where a server is, and what to ask it for: the parts of a URL that a load needs.
package struct HubURL: Sendable, Hashable {
    package let isSecure: Bool
    /// Without brackets, if it is an IPv6 address.
    package let host: String
    package let port: Int
    /// Path and query as they are sent, beginning with a slash.
    package let target: String

    /// - Throws: ``BenchError`` if the text is no URL of HTTP, or has what could not be sent as it is.
    package init(_ text: String) throws(BenchError) {
        let isSecure = text.lowercased().hasPrefix("https://")
        guard isSecure || text.lowercased().hasPrefix("http://") else {
            throw Self.refusal(of: text, "it has to begin with http:// or https://")
        }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw Self.refusal(of: text, "spaces, control characters and what is no ASCII have to be percent-encoded")
        }
        let rest = text.dropFirst(isSecure ? 8 : 7).prefix { $0 != "#" }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard !authority.contains("@") else { throw Self.refusal(of: text, "credentials go into --token or --header") }
        let (host, port) = try Self.split(authority, of: text)
        self.isSecure = isSecure
        self.host = host
        self.port =
            try port.map { port throws(BenchError) in
                guard let number = UInt16(port), number > 0 else { throw Self.refusal(of: text, "its port is no port") }
                return Int(number)
            } ?? (isSecure ? 443 : 80)
        let target = rest.dropFirst(authority.count)
        self.target = target.hasPrefix("/") ? String(target) : "/" + target
    }

    /// What goes into `Host`.
    package var authority: String {
        let host = self.host.contains(":") ? "[\(self.host)]" : self.host
        return self.port == (self.isSecure ? 443 : 80) ? host : "\(host):\(self.port)"
    }

    /// Scheme, host and port.
    package var origin: String { "\(self.isSecure ? "https" : "http")://\(self.authority)" }

    private static func split(
        _ authority: Substring,
        of text: String
    ) throws(BenchError) -> (host: String, port: Substring?) {
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { throw Self.refusal(of: text, "its host has no end") }
            let behind = authority[authority.index(after: end)...]
            guard behind.isEmpty || behind.hasPrefix(":") else { throw Self.refusal(of: text, "its host is none") }
            let host = authority[..<end].dropFirst()
            guard !host.isEmpty else { throw Self.refusal(of: text, "it names no host") }
            return (String(host), behind.isEmpty ? nil : behind.dropFirst())
        }
        let host = authority.prefix { $0 != ":" }
        guard !host.isEmpty else { throw Self.refusal(of: text, "it names no host") }
        return (String(host), host.count == authority.count ? nil : authority.dropFirst(host.count + 1))
    }

    private static func refusal(of text: String, _ reason: String) -> BenchError {
        BenchError(.invalidTarget, "'\(text)' is no URL to load: \(reason).")
    }
}
