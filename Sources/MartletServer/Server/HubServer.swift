import Hummingbird
public import Logging
import Martlet
public import MartletMetrics
import MartletSQLite
import MartletSources
public import NIOCore
public import NIOPosix
public import ServiceLifecycle
import Synchronization

/// `martlet serve` as a service: the log, the hub, its sources, the listeners, and an end in good order.
///
/// ```swift
/// let server = try await HubServer(configuration: Configuration(), logger: logger)
/// try await ServiceGroup(services: [server], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger).run()
/// ```
///
/// On graceful shutdown it refuses new streams and reports itself as not ready, ends the open ones in waves, closes its
/// listeners once publishers in flight are answered, and returns. That takes `streams.drain` and at most three seconds.
public struct HubServer: Service {
    /// Where a server listens, once it does.
    public struct Listening: Sendable {
        /// The hub's address, such as `http://127.0.0.1:8080`, or `https://…` with TLS.
        public var hub: String
        /// The admin listener's, if there is one.
        public var admin: String?
    }

    private let services: [any Service]
    private let logger: Logger
    private let access: Access
    private let tls: TLSContext?
    private let endpoint: HubEndpoint

    /// The version of this program.
    public static let version = "0.1.0"

    /// Opens the log and prepares everything else; nothing listens before ``run()``.
    ///
    /// - Parameters:
    ///   - configuration: what to serve, where.
    ///   - logger: told what an operator must know.
    ///   - group: the event loops, which are not shut down with the server: Hummingbird's may still have a promise on
    ///     one when it has ended.
    ///   - registry: what `/metrics` shows beside the hub's own; nil for those alone.
    ///   - onListening: called once all listeners are bound.
    /// - Throws: `LogError` if the log can't be opened, ``TLSError`` or ``AccessError`` if a certificate or key can't be used.
    public init(
        configuration: Configuration,
        logger: Logger,
        eventLoopGroup group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        metrics registry: PrometheusRegistry? = nil,
        onListening: @escaping @Sendable (Listening) -> Void = { _ in }
    ) async throws {
        Descriptors.raiseLimit()
        // What may be refused without a trace comes before what opens files.
        let access = try await Access(configuration, logger: logger)
        let tls = try configuration.tls.map { try TLSContext(certificate: $0.certificate, key: $0.key) }
        let log = try Self.log(configuration.log, logger: logger)
        // Without its files the page shows less.
        let demo = configuration.hasDemo ? try? Demo() : nil
        let sources = try (configuration.sources + (demo?.sources ?? [])).map {
            try ConfiguredSource($0, on: group, logger: logger)
        }
        let metrics = HubMetrics(
            registry ?? PrometheusRegistry(logger: logger),
            on: group,
            store: configuration.log.store.word
        )
        let hub = Hub(
            log: log,
            eventLoopGroup: group,
            settings: Hub.Settings(configuration),
            sources: sources.map(\.source),
            metrics: metrics.registry
        )
        let journal = logger.logLevel <= .info ? StreamJournal() : nil
        let endpoint = HubEndpoint(
            hub: hub,
            limits: HubEndpoint.Limits(configuration),
            access: access,
            subscriptions: configuration.subscriptions,
            sources: sources.map(\.monitor),
            journal: journal
        )
        metrics.collect(from: endpoint)
        for source in configuration.sources where !source.isPublic && configuration.auth.subscribe == nil {
            logger.warning(
                """
                The source "\(source.name)" is private, and without auth.subscribe nobody can be granted its topic: its \
                updates reach no subscriber. Add "public: true" to let everybody see them.
                """
            )
        }
        let listeners = Listeners(expected: configuration.admin == nil ? 1 : 2, onListening: onListening)

        // Shut down from the last to the first, each when the one after it has ended: streams are drained while the
        // listeners still answer, and the hub ends when nobody can publish any more.
        var services: [any Service] = [
            endpoint,
            Background { await metrics.delay.run() },
            Background { await journal?.run(logger) },
        ]
        if let address = configuration.admin {
            let admin = try AdminEndpoint(of: endpoint, on: group, token: configuration.adminToken)
            services.append(Background { try await admin.stats.run() })
            let topic = try Topic(AdminEndpoint.topic)
            let publisher = StatsPublisher(endpoint: endpoint, metrics: metrics, admin: admin, topic: topic)
            services.append(Background { await publisher.run() })
            let app = AdminApplication.make(admin, metrics: metrics, address: address, group: group, logger: logger) {
                listeners.bound(admin: $0)
            }
            services.append(Listener(app: app, address: address, key: "admin"))
        }
        let app = HubApplication.make(
            endpoint: endpoint,
            tls: tls,
            address: configuration.listen,
            group: group,
            demo: demo,
            logger: logger
        ) { listeners.bound(hub: $0) }
        services.append(Listener(app: app, address: configuration.listen, key: "listen"))
        services.append(Drain(endpoint: endpoint, duration: configuration.streams.drain, logger: logger))
        self.services = services
        self.logger = logger
        self.access = access
        self.tls = tls
        self.endpoint = endpoint
    }

    /// Serves until graceful shutdown or cancellation.
    ///
    /// - Throws: ``ListenError`` if an address can't be listened on, or what else ended one of its services.
    public func run() async throws {
        var quiet = self.logger
        // The group narrates every service at info; operators want to read of streams and logs.
        quiet.logLevel = max(quiet.logLevel, .warning)
        try await ServiceGroup(configuration: .init(services: self.services, logger: quiet)).run()
    }
}

extension HubServer {
    /// Reads the certificate and the key sets again; open streams go on. What is bad is told, and changes nothing.
    public func reload() async {
        do throws(TLSError) {
            try self.tls?.reload()
            if self.tls != nil { self.logger.notice("The certificate was read again; new connections are shown it") }
        } catch {
            self.logger.error("The certificate stays as it was: \(error)")
        }
        await self.access.refreshKeys()
        self.endpoint.forgetGrants()
    }
}

extension HubServer {
    private static func log(_ configuration: Configuration.Log, logger: Logger) throws -> any EventLog {
        let keep = Retention(updates: configuration.keep.updates, age: configuration.keep.age)
        return switch configuration.store {
        case .memory: MemoryLog(keep: keep)
        case .sqlite(let path): try SQLiteLog(path: path, keep: keep, logger: logger)
        }
    }
}

/// Tells once all listeners are bound.
private final class Listeners: Sendable {
    private let state: Mutex<(missing: Int, hub: String, admin: String?)>
    private let onListening: @Sendable (HubServer.Listening) -> Void

    init(expected: Int, onListening: @escaping @Sendable (HubServer.Listening) -> Void) {
        self.state = Mutex((expected, "", nil))
        self.onListening = onListening
    }

    func bound(hub: String? = nil, admin: String? = nil) {
        let complete: HubServer.Listening? = self.state.withLock { state in
            if let hub { state.hub = hub }
            if let admin { state.admin = admin }
            state.missing -= 1
            return state.missing == 0 ? HubServer.Listening(hub: state.hub, admin: state.admin) : nil
        }
        if let complete { self.onListening(complete) }
    }
}

extension Hub.Settings {
    init(_ configuration: Configuration) {
        self.init(
            heartbeat: TimeAmount(configuration.streams.heartbeat),
            stall: TimeAmount(configuration.streams.stall),
            tailBytes: configuration.log.tail,
            compression: configuration.streams.compression
        )
    }
}

extension HubEndpoint.Limits {
    init(_ configuration: Configuration) {
        self.init(
            headerBytes: configuration.limits.header,
            bodyBytes: configuration.limits.body,
            headerTimeout: TimeAmount(configuration.limits.headerTimeout),
            bodyTimeout: TimeAmount(configuration.limits.bodyTimeout),
            streams: configuration.streams.max,
            streamsPerAddress: configuration.streams.perAddress,
            streamAge: configuration.streams.maxAge.map { TimeAmount($0) },
            selectors: configuration.limits.selectors,
            publishesPerSecond: configuration.limits.publishRate
        )
    }
}
