public import NIOCore

extension Hub {
    /// What streams are compressed with, for those who take it.
    ///
    /// ```swift
    /// let settings = Hub.Settings(compression: .gzip)
    /// let hub = Hub(log: MemoryLog(), eventLoopGroup: group, settings: settings)
    /// ```
    ///
    /// What is published is compressed once per event loop, however many get it. Off unless it is asked for: the length of
    /// what is compressed tells how much of it repeats (BREACH), so private updates are compressed one by one.
    public enum Compression: String, Sendable, Hashable, CaseIterable {
        /// Nothing is compressed.
        case off
        /// RFC 1952; each stream is one member.
        case gzip
    }

    /// How a hub treats its streams.
    public struct Settings: Sendable, Hashable {
        /// How often an idle stream gets a comment.
        public var heartbeat: TimeAmount
        /// For how long a reader may make no progress before it is closed.
        public var stall: TimeAmount
        /// The most bytes of encoded updates that each event loop keeps for those who lag.
        public var tailBytes: Int
        /// What streams are compressed with, for those who take it.
        public var compression: Compression

        /// Makes settings.
        public init(
            heartbeat: TimeAmount = .seconds(15),
            stall: TimeAmount = .seconds(60),
            tailBytes: Int = 16 << 20,
            compression: Compression = .off
        ) {
            self.heartbeat = heartbeat
            self.stall = stall
            self.tailBytes = tailBytes
            self.compression = compression
        }

        /// A heartbeat's interval is cut into as many ticks, at least five seconds apart: waking loops that sleep, and
        /// filling the processor's caches anew, costs a fifth of all heartbeats with ticks of one second.
        var heartbeatSlices: Int { Int(max(1, min(60, self.heartbeat.nanoseconds / 5_000_000_000))) }
        var tick: TimeAmount { .nanoseconds(self.heartbeat.nanoseconds / Int64(self.heartbeatSlices)) }
        /// How often those who make no progress are looked at.
        var stallTick: TimeAmount { min(.seconds(1), .nanoseconds(max(1_000_000, self.stall.nanoseconds / 4))) }
    }
}
