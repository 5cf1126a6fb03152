import HTTPTypes
import NIOCore

/// What a server that lets in everybody on its machine must refuse: requests that a web page from elsewhere has a browser
/// send. A page can point a name of its own at 127.0.0.1 (DNS rebinding: then `Host` tells), and it can post forms and
/// open streams across origins (then `Origin` tells, or `Sec-Fetch-Site` where there is no origin).
enum LoopbackRule {
    /// Throws unless a request may come from this machine, or from a page that the operator has named.
    ///
    /// - Parameters:
    ///   - peer: where it comes from.
    ///   - pages: the origins that may all the same.
    ///   - listener: what is protected, for the sentence.
    ///   - known: a host that a request of the same connection has passed with, which costs more to look at than the
    ///     rest of a request.
    static func check(
        _ request: HTTPRequest,
        from peer: SocketAddress?,
        allowing pages: CORSPolicy = CORSPolicy(),
        listener: String = "A hub without keys",
        known: String? = nil
    ) throws(RequestError) {
        // Whoever binds another address, or has a proxy in front, without saying who may come.
        var addresses = request.headerFields[values: .xForwardedFor].flatMap { $0.split(separator: ",") }
        if known == nil, let address = peer?.ipAddress { addresses.append(Substring(address)) }
        for address in addresses where !self.isLoopback(address: String(address)) {
            throw RequestError(.forbidden, "The request comes from elsewhere. \(listener) serves this machine only.")
        }
        // None is what old clients and probes send; a browser always sends one.
        // Bytes, since there are letters that a text takes for equal to others.
        if let host = request.authority, known?.utf8.elementsEqual(host.utf8) != true, !self.isLoopback(authority: host)
        {
            throw RequestError(
                .forbidden,
                """
                The host \(host.quoted) is not this machine. \(listener) answers to localhost and loopback addresses only.
                """
            )
        }
        // A page of this machine is of another site than the hub if it calls the machine by another name.
        var isKnown = false
        for origin in request.headerFields[values: .origin] {
            isKnown = self.isLoopback(origin: origin) || pages.lists(origin)
            if isKnown { continue }
            throw RequestError(
                .forbidden,
                """
                Pages of the origin \(origin.quoted) may not come here. \(listener) is for pages of this machine, and \
                those that cors.origins lists.
                """
            )
        }
        // A link that somebody follows to the hub's own pages is fine.
        if !isKnown, request.headerFields[.secFetchSite] == "cross-site",
            request.headerFields[.secFetchMode] != "navigate"
        {
            throw RequestError(.forbidden, "Pages of other sites may not come here. \(listener) is for this machine.")
        }
    }

    private static func isLoopback(address: String) -> Bool {
        BindAddress(host: ClientAddress.host(of: address), port: 0).isLoopback
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
    static let xForwardedFor = HTTPField.Name("X-Forwarded-For")!
}
