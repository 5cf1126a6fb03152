import HTTPTypes

/// What a server that lets in everybody on its machine must refuse: requests that a web page from elsewhere has a browser
/// send. A page can point a name of its own at 127.0.0.1 (DNS rebinding: then `Host` tells), and it can post forms and
/// open streams across origins (then `Origin` tells, or `Sec-Fetch-Site` where there is no origin).
enum LoopbackRule {
    /// Throws unless a request may come from this machine.
    static func check(_ request: HTTPRequest) throws(RequestError) {
        // None is what old clients and probes send; a browser always sends one.
        if let host = request.authority, !self.isLoopback(authority: host) {
            throw RequestError(
                .forbidden,
                """
                The host \(host.quoted) is not this machine. A hub without keys answers to localhost and loopback \
                addresses only; set auth.publish and auth.subscribe to serve others.
                """
            )
        }
        for origin in request.headerFields[values: .origin] where !self.isLoopback(origin: origin) {
            throw RequestError(
                .forbidden,
                """
                Pages of the origin \(origin.quoted) may not use this hub. A hub without keys is for pages of this \
                machine only; set auth.publish and auth.subscribe to serve others.
                """
            )
        }
        // A link that somebody follows to the hub's own pages is fine.
        if request.headerFields[.secFetchSite] == "cross-site", request.headerFields[.secFetchMode] != "navigate" {
            throw RequestError(.forbidden, "Pages of other sites may not use this hub, which has no keys.")
        }
    }

    private static func isLoopback(origin: String) -> Bool {
        guard let address = try? WebAddress(origin), address.rest.isEmpty else { return false }
        return self.isLoopback(host: address.host)
    }

    /// - Parameter authority: `host[:port]`, an IPv6 address in brackets.
    private static func isLoopback(authority: String) -> Bool {
        guard let address = try? WebAddress("http://\(authority)"), address.rest.isEmpty else { return false }
        return self.isLoopback(host: address.host)
    }

    private static func isLoopback(host: String) -> Bool {
        // Browsers resolve these to loopback without asking anybody (RFC 6761 §6.3).
        host.hasSuffix(".localhost") || BindAddress(host: host, port: 0).isLoopback
    }
}

extension HTTPField.Name {
    static let secFetchSite = HTTPField.Name("Sec-Fetch-Site")!
    static let secFetchMode = HTTPField.Name("Sec-Fetch-Mode")!
    static let referer = HTTPField.Name("Referer")!
    static let xForwardedFor = HTTPField.Name("X-Forwarded-For")!
}
