public import Martlet
public import NIOCore
import Synchronization

/// The hub as seen over HTTP: what all of its connections share.
///
/// It is handed to ``HubChannel``; an application that embeds a hub makes one and mounts that.
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

        /// Makes limits.
        public init(
            headerBytes: Int = 16 << 10,
            bodyBytes: Int = 1 << 20,
            headerTimeout: TimeAmount = .seconds(10),
            bodyTimeout: TimeAmount = .seconds(30),
            keepAlive: TimeAmount = .seconds(75),
            streams: Int? = nil
        ) {
            self.headerBytes = headerBytes
            self.bodyBytes = bodyBytes
            self.headerTimeout = headerTimeout
            self.bodyTimeout = bodyTimeout
            self.keepAlive = keepAlive
            self.streams = streams
        }
    }

    /// Where the Mercure protocol is spoken.
    public static let hubPath = "/.well-known/mercure"
    /// What stands before the topic in the short form.
    static let topicsPrefix = "/topics/"

    let hub: Hub
    let limits: Limits
    /// Open connections and streams, counted over all event loops.
    let connections = Atomic(0)
    let streams = Atomic(0)
    /// The most connections before streams are refused, so that there is always room for short requests.
    let connectionBudget: Int
    private let draining = Atomic(false)
    private let loops: [(eventLoop: any EventLoop, shared: NIOLoopBoundBox<LoopShared>)]

    /// Makes an endpoint.
    ///
    /// - Parameters:
    ///   - hub: what it serves.
    ///   - eventLoopGroup: the same that the hub was made with.
    ///   - limits: what requests are held to.
    public init(hub: Hub, eventLoopGroup: any EventLoopGroup, limits: Limits = Limits()) {
        self.hub = hub
        self.limits = limits
        self.connectionBudget = Descriptors.limit.map { max(1, $0 - max(64, $0 / 50)) } ?? .max
        self.loops = Array(eventLoopGroup.makeIterator()).map { eventLoop in
            (eventLoop, NIOLoopBoundBox.makeBoxSendingValue(LoopShared(eventLoop: eventLoop), eventLoop: eventLoop))
        }
    }

    /// Whether streams are being ended, and new ones refused, because the server is to stop.
    public var isDraining: Bool { self.draining.load(ordering: .relaxed) }

    /// Ends all streams within `duration`, and refuses new ones from now on.
    public func drain(over duration: TimeAmount) {
        self.draining.store(true, ordering: .relaxed)
        self.hub.drain(over: duration)
    }

    /// What the connections of one event loop share; only on that loop.
    func shared(on eventLoop: any EventLoop) -> LoopShared {
        guard let entry = self.loops.first(where: { $0.eventLoop === eventLoop }) else {
            preconditionFailure("the event loop is none of the hub's")
        }
        return entry.shared.value
    }

    /// Counts one more stream, or says why there can't be one.
    ///
    /// What is counted is to be given back with ``closeStream()``.
    func openStream() -> String? {
        if let reason = self.streamRefusal { return reason }
        let count = self.streams.add(1, ordering: .relaxed).newValue
        // Counted first, then looked at: streams are opened on several loops at once.
        guard let most = self.limits.streams, count > most else { return nil }
        self.closeStream()
        return Self.tooManyStreams(most)
    }

    /// Gives back what ``openStream()`` counted.
    func closeStream() {
        self.streams.subtract(1, ordering: .relaxed)
    }

    private static func tooManyStreams(_ most: Int) -> String {
        "The hub has \(most) streams open, which is its limit."
    }

    /// Why no further stream could be opened right now, or nil if one could.
    var streamRefusal: String? {
        if self.isDraining { return "The hub is shutting down." }
        if let most = self.limits.streams, self.streams.load(ordering: .relaxed) >= most {
            return Self.tooManyStreams(most)
        }
        if self.connections.load(ordering: .relaxed) > self.connectionBudget {
            return "The hub has as many connections open as the system lets it."
        }
        return nil
    }
}

/// What the connections of one event loop share. Confined to that loop.
final class LoopShared {
    let deadlines: Deadlines
    let date: DateHeader

    init(eventLoop: any EventLoop) {
        self.deadlines = Deadlines(eventLoop: eventLoop)
        self.date = DateHeader()
    }
}
