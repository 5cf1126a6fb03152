import HTTPTypes
public import Martlet
import MartletSources
public import NIOCore
import Synchronization

/// A hub as it is served over HTTP: what all of its connections share.
///
/// An application that embeds a hub makes one, and serves it on its own port beside its own routes:
///
/// ```swift
/// let hub = Hub(log: MemoryLog())
/// let endpoint = HubEndpoint(hub: hub, access: access)
///
/// let router = Router()
/// router.addBrowserClient()
/// router.post("greet") { _, _ in
///     try await hub.publish(Update(topic: "greetings", data: "hello"))
/// }
/// let app = Application(router: router, server: .hub(endpoint), services: [endpoint])
/// try await app.runService()
/// ```
///
/// The paths `/.well-known/mercure` and `/topics/…` are the hub's then, see ``init(hub:limits:access:subscriptions:hasShortForm:)``;
/// everything else is the application's.
public final class HubEndpoint: Sendable {
    /// What requests are held to.
    public struct Limits: Sendable, Hashable {
        /// The most bytes of a request's head; beyond it is 431.
        public var headerBytes: Int
        /// The most bytes of a request's body; beyond it is 413.
        public var bodyBytes: Int
        /// How long a request's head may take to arrive; beyond it is 408.
        public var headerTimeout: TimeAmount
        /// How long a request's body may take to arrive; beyond it is 408.
        public var bodyTimeout: TimeAmount
        /// How long a connection may lie idle between requests.
        public var keepAlive: TimeAmount
        /// The most streams at a time, or nil for as many as there are descriptors; beyond it is 503.
        public var streams: Int?
        /// The most streams that one address has at a time, or nil for no limit; beyond it is 429.
        public var streamsPerAddress: Int?
        /// The most streams of HTTP/2 that one connection has at a time.
        public var streamsPerConnection: Int
        /// After how long a stream is ended, or nil for never. Each gets up to a fifth less, so that those that began
        /// together don't return together.
        public var streamAge: TimeAmount?
        /// The most selectors of a stream; beyond it is 400. If nil, they are 1000, or 100 where subscriptions are announced:
        /// there each of them is two updates in the log.
        public var selectors: Int?
        /// How many updates may be published per second with one token, or nil for no limit; beyond it is 429.
        public var publishesPerSecond: Int?

        /// Makes limits.
        public init(
            headerBytes: Int = 16 << 10,
            bodyBytes: Int = 1 << 20,
            headerTimeout: TimeAmount = .seconds(10),
            bodyTimeout: TimeAmount = .seconds(30),
            keepAlive: TimeAmount = .seconds(75),
            streams: Int? = nil,
            streamsPerAddress: Int? = nil,
            streamsPerConnection: Int = 250,
            streamAge: TimeAmount? = nil,
            selectors: Int? = nil,
            publishesPerSecond: Int? = nil
        ) {
            self.headerBytes = headerBytes
            self.bodyBytes = bodyBytes
            self.headerTimeout = headerTimeout
            self.bodyTimeout = bodyTimeout
            self.keepAlive = keepAlive
            self.streams = streams
            self.streamsPerAddress = streamsPerAddress
            self.streamsPerConnection = streamsPerConnection
            self.streamAge = streamAge
            self.selectors = selectors
            self.publishesPerSecond = publishesPerSecond
        }

        /// When a stream that begins now is ended for its age.
        var streamDeadline: NIODeadline {
            guard let age = self.streamAge else { return .distantFuture }
            return .now() + .nanoseconds(Int64(Double(age.nanoseconds) * Double.random(in: 0.8...1)))
        }
    }

    /// Where the Mercure protocol is spoken.
    public static let hubPath = Topic.hubPath
    /// What stands before the topic in the short form.
    static let topicsPrefix = "/topics/"

    let hub: Hub
    let limits: Limits
    let access: Access
    /// Whether active subscriptions are listed and announced.
    let hasSubscriptions: Bool
    let refusals = RefusalCounters()
    let sources: [SourceMonitor]
    /// Told of each stream that closes.
    let journal: StreamJournal?
    /// Whether all that is served beside the hub is there for it, and as open as it is.
    let isAlone: Bool
    /// Whether `/topics/…` is the hub's.
    let hasShortForm: Bool
    /// Other endpoints that its connections reach under a path.
    private let siblings: [(prefix: String, endpoint: HubEndpoint)]
    let publishRates: PublishRates?
    /// Open connections and streams, counted over all event loops.
    let connections = Atomic(0)
    let streams = Atomic(0)
    /// Streams that were ended with their token or for their age.
    let expiredStreams = Atomic(0)
    private let addresses: AddressCounts?
    let listing: ListingChanges
    /// The most connections before streams are refused, so that there is always room for short requests.
    let connectionBudget: Int
    private let draining = Atomic(false)
    let loops: [(eventLoop: any EventLoop, shared: NIOLoopBoundBox<LoopShared>)]

    /// Makes an endpoint.
    ///
    /// - Parameters:
    ///   - hub: what it serves. It must have been made with the event loops that the application runs on.
    ///   - limits: what requests are held to.
    ///   - access: who may publish and subscribe. Unless something is said here, it is whatever runs on this machine.
    ///   - subscriptions: whether active subscriptions are listed under `/.well-known/mercure/subscriptions`, and their
    ///     coming and going published there.
    ///   - hasShortForm: whether `/topics/…` is the hub's; false leaves it to the application.
    public convenience init(
        hub: Hub,
        limits: Limits = Limits(),
        access: Access = .loopback,
        subscriptions: Bool = false,
        hasShortForm: Bool = true
    ) {
        self.init(
            hub: hub,
            limits: limits,
            access: access,
            subscriptions: subscriptions,
            hasShortForm: hasShortForm,
            isAlone: false
        )
    }

    /// - Parameters:
    ///   - sources: whose state is told to operators.
    ///   - siblings: endpoints on the same event loops that its connections reach under a path, such as `/stats`.
    ///   - journal: told of each stream that closes.
    init(
        hub: Hub,
        limits: Limits = Limits(),
        access: Access,
        subscriptions: Bool = false,
        hasShortForm: Bool = true,
        isAlone: Bool = true,
        sources: [SourceMonitor] = [],
        siblings: [String: HubEndpoint] = [:],
        journal: StreamJournal? = nil
    ) {
        HTTP1Connection.warmUp()
        self.hub = hub
        self.listing = ListingChanges(startingAt: hub.logState.bounds.last)
        self.limits = limits
        self.access = access
        self.hasSubscriptions = subscriptions
        self.hasShortForm = hasShortForm
        self.isAlone = isAlone
        self.sources = sources
        self.journal = journal
        self.siblings = siblings.map { ($0.key, $0.value) }
        self.publishRates = limits.publishesPerSecond.map { PublishRates(perSecond: $0) }
        self.addresses = limits.streamsPerAddress.map { AddressCounts(most: $0) }
        self.connectionBudget = Descriptors.limit.map { max(1, $0 - max(64, $0 / 50)) } ?? .max
        self.loops = hub.eventLoops.map { eventLoop in
            (eventLoop, NIOLoopBoundBox.makeBoxSendingValue(LoopShared(eventLoop: eventLoop), eventLoop: eventLoop))
        }
    }

    var hasSiblings: Bool { !self.siblings.isEmpty }

    /// The endpoint that a request's path is of, and the path without what names it.
    func endpoint(of path: String) -> (HubEndpoint, rest: String) {
        for (prefix, endpoint) in self.siblings where path.hasPrefix(prefix + "/") {
            return (endpoint, String(path.dropFirst(prefix.count)))
        }
        return (self, path)
    }

    /// Whether streams are being ended, and new ones refused, because the server is to stop.
    public var isDraining: Bool { self.draining.load(ordering: .relaxed) }

    /// Ends all streams within `duration`, and refuses new ones from now on.
    public func drain(over duration: TimeAmount) {
        self.draining.store(true, ordering: .relaxed)
        self.hub.drain(over: duration)
    }

    /// Whether connections on an event loop can be served.
    func serves(_ eventLoop: any EventLoop) -> Bool { self.loops.contains { $0.eventLoop === eventLoop } }

    /// What the connections of one event loop share; only on that loop.
    func shared(on eventLoop: any EventLoop) -> LoopShared {
        guard let entry = self.loops.first(where: { $0.eventLoop === eventLoop }) else {
            preconditionFailure("the event loop is none of the hub's")
        }
        return entry.shared.value
    }

    /// The most selectors of a stream.
    var selectorsPerStream: Int { self.limits.selectors ?? (self.hasSubscriptions ? 100 : 1000) }

    /// Has every token verified anew, since keys may have changed.
    func forgetGrants() {
        for (eventLoop, shared) in self.loops {
            eventLoop.execute { shared.value.grants.removeAll() }
        }
    }

    /// Counts one more stream, or says why there can't be one.
    ///
    /// What is counted is to be given back with ``closeStream(from:)``.
    ///
    /// - Parameter address: whom it is counted for, see ``wantsAddresses``.
    func openStream(from address: ClientAddress?) throws(RequestError) {
        try self.checkRoomForStream()
        let count = self.streams.add(1, ordering: .relaxed).newValue
        // Counted first, then looked at: streams are opened on several loops at once.
        if let most = self.limits.streams, count > most {
            self.streams.subtract(1, ordering: .relaxed)
            throw Self.tooManyStreams(most)
        }
        if let addresses = self.addresses, let address, !addresses.take(address) {
            self.streams.subtract(1, ordering: .relaxed)
            throw RequestError(
                .tooManyRequests,
                """
                Your address has as many streams open as it may: \(self.limits.streamsPerAddress ?? 0). (If it is a \
                proxy's, the hub has to be told so: trusted-proxies.)
                """,
                retryAfter: 5,
                reason: .streamsPerAddress
            )
        }
    }

    /// Gives back what ``openStream(from:)`` counted.
    func closeStream(from address: ClientAddress?) {
        self.streams.subtract(1, ordering: .relaxed)
        if let address { self.addresses?.release(address) }
    }

    /// Whether it matters whom a request comes from: streams are counted by address, or a proxy speaks for others.
    var wantsAddresses: Bool { self.addresses != nil || !self.access.trustedProxies.isEmpty }

    private static func tooManyStreams(_ most: Int) -> RequestError {
        RequestError(
            .serviceUnavailable,
            "The hub has as many streams open as it may: \(most).",
            retryAfter: 5,
            reason: .streams
        )
    }

    /// Throws if no further stream could be opened right now.
    func checkRoomForStream() throws(RequestError) {
        if self.isDraining { throw RequestError(.serviceUnavailable, "The hub is shutting down.", retryAfter: 5) }
        if let most = self.limits.streams, self.streams.load(ordering: .relaxed) >= most {
            throw Self.tooManyStreams(most)
        }
        if self.connections.load(ordering: .relaxed) > self.connectionBudget {
            throw RequestError(
                .serviceUnavailable,
                "The hub has as many connections open as the system lets it.",
                retryAfter: 5,
                reason: .streams
            )
        }
    }
}
