/// Who may publish and subscribe at an endpoint, and from which web pages.
///
/// Without any key everybody may, and for that reason only what runs on this machine is let in: a request whose `Host` or
/// `Origin` is elsewhere is refused, so that no web page can reach a developer's hub. With keys it takes tokens, as the
/// Mercure protocol has them; an application can decide by itself, see ``decided(origins:trustedProxies:logger:by:)``.
///
/// ```swift
/// let access = try await Access(configuration, logger: logger)
/// let endpoint = HubEndpoint(hub: hub, access: access)
/// ```
public struct Access: Sendable {
    /// What tokens of publishers are verified with.
    let publishers: TokenVerifier?
    /// What tokens of subscribers are verified with.
    let subscribers: TokenVerifier?
    /// Whether one may subscribe without a token.
    let allowsAnonymous: Bool
    /// The origins of the pages that may publish with a visitor's cookie.
    let publishOrigins: Set<String>
    let cors: CORSPolicy
    /// Whose word on a client's address is taken.
    let trustedProxies: [AddressRange]
    /// Set for the listener of operators, to whom everything is granted.
    let operators: OperatorRule?
    /// Who decides in place of keys.
    var decider: Decider?

    /// Access for everybody on this machine.
    public static let loopback = Access(publishers: nil, subscribers: nil, allowsAnonymous: true)

    /// Access for operators: to everything.
    static func operators(_ rule: OperatorRule) -> Access {
        Access(publishers: nil, subscribers: nil, allowsAnonymous: true, operators: rule)
    }

    init(
        publishers: TokenVerifier?,
        subscribers: TokenVerifier?,
        allowsAnonymous: Bool,
        publishOrigins: [String] = [],
        cors: CORSPolicy = CORSPolicy(),
        trustedProxies: [AddressRange] = [],
        operators: OperatorRule? = nil
    ) {
        self.publishers = publishers
        self.subscribers = subscribers
        self.allowsAnonymous = allowsAnonymous
        self.publishOrigins = Set(publishOrigins)
        self.cors = cors
        self.trustedProxies = trustedProxies
        self.operators = operators
    }

    /// Whether nobody is told apart: no token can be verified, and no application asked.
    public var isKeyless: Bool { self.publishers == nil && self.subscribers == nil && self.decider == nil }
}
