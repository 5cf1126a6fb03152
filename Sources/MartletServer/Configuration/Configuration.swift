/// Everything `martlet serve` can be told, with the defaults filled in.
///
/// ``load(file:environment:flags:directory:)`` reads it from `martlet.yaml`, the environment and flags; a program that
/// embeds the server builds it directly.
///
/// ```swift
/// let configuration = Configuration(
///     listen: .loopback(port: 9000),
///     admin: nil,
///     log: Configuration.Log(store: .memory)
/// )
/// let server = try await HubServer(configuration: configuration, logger: logger)
/// ```
public struct Configuration: Sendable, Equatable {
    /// Where the hub listens.
    public var listen: BindAddress
    /// Where the dashboard and the metrics are served; `nil` turns them off.
    public var admin: BindAddress?
    /// What operators have to bring; `nil` lets in whatever runs on this machine.
    public var adminToken: Secret?
    /// The files for TLS on the main listener; `nil` is without TLS.
    public var tls: TLS?
    /// Who may publish and subscribe.
    public var auth: Auth
    /// Whether the active subscriptions are served and published.
    public var subscriptions: Bool
    /// Which web pages may read what the hub answers.
    public var cors: CORS
    /// Whose `X-Forwarded-For` is believed.
    public var trustedProxies: [AddressRange]
    /// The log of updates.
    public var log: Log
    /// How streams are kept and ended.
    public var streams: Streams
    /// What a request may take at most.
    public var limits: Limits
    /// How many event loops run; `nil` is one per core.
    public var loops: Int?
    /// What the program says about itself.
    public var diagnostics: Diagnostics
    /// What watches the world, in the order of the file.
    public var sources: [SourceConfiguration]
    /// Whether the page at `/` has sources of its own to show; it is only there without keys.
    public var hasDemo = false

    /// The defaults, but for what is given: two listeners on loopback, and no sources.
    public init(
        listen: BindAddress = .loopback(port: 8080),
        admin: BindAddress? = .loopback(port: 8081),
        adminToken: Secret? = nil,
        tls: TLS? = nil,
        auth: Auth = Auth(),
        subscriptions: Bool = false,
        cors: CORS = CORS(),
        trustedProxies: [AddressRange] = [],
        log: Log = Log(),
        streams: Streams = Streams(),
        limits: Limits = Limits(),
        loops: Int? = nil,
        diagnostics: Diagnostics = Diagnostics(),
        sources: [SourceConfiguration] = []
    ) {
        self.listen = listen
        self.admin = admin
        self.adminToken = adminToken
        self.tls = tls
        self.auth = auth
        self.subscriptions = subscriptions
        self.cors = cors
        self.trustedProxies = trustedProxies
        self.log = log
        self.streams = streams
        self.limits = limits
        self.loops = loops
        self.diagnostics = diagnostics
        self.sources = sources
    }
}
