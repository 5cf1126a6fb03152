public import Martlet

extension Configuration {
    /// How streams are kept alive and ended.
    ///
    /// ```swift
    /// let streams = Configuration.Streams(heartbeat: .seconds(20), maxAge: .seconds(3600))
    /// ```
    public struct Streams: Sendable, Equatable {
        /// How often a quiet stream gets a comment.
        public var heartbeat: Duration
        /// How long a stream may make no progress before it is closed.
        public var stall: Duration
        /// How long open streams are given to end at shutdown.
        public var drain: Duration
        /// The most streams at once; `nil` is as many as the limit of descriptors allows.
        public var max: Int?
        /// The most streams of one address at once; `nil` is unlimited.
        public var perAddress: Int?
        /// How long a stream may live; `nil` is unlimited.
        public var maxAge: Duration?
        /// What streams are compressed with, for those who take it.
        public var compression: Hub.Compression

        /// The defaults, but for what is given.
        public init(
            heartbeat: Duration = .seconds(15),
            stall: Duration = .seconds(60),
            drain: Duration = .seconds(5),
            max: Int? = nil,
            perAddress: Int? = nil,
            maxAge: Duration? = nil,
            compression: Hub.Compression = .off
        ) {
            self.heartbeat = heartbeat
            self.stall = stall
            self.drain = drain
            self.max = max
            self.perAddress = perAddress
            self.maxAge = maxAge
            self.compression = compression
        }

        /// - Parameter listen: where streams come in. Off loopback an address is a client, which is bounded by default; on
        ///   loopback a proxy on this machine makes all of them look like one.
        mutating func read(_ section: Section, listen: BindAddress) {
            section.read("heartbeat", into: &heartbeat, as: .duration(.seconds(1) ... .seconds(3600)))
            section.read("stall", into: &stall, as: .duration(.seconds(1) ... .seconds(3600)))
            section.read("drain", into: &drain, as: .duration(.zero ... .seconds(8)))
            section.read("max", into: &max, as: .word("unlimited", or: .integer(1...Int.max)))
            perAddress = listen.isLoopback ? nil : 1000
            section.read("per-address", into: &perAddress, as: .word("unlimited", or: .integer(1...Int.max)))
            section.read("max-age", into: &maxAge, as: .word("unlimited", or: .duration(.longAges)))
            section.read("compression", into: &compression, as: .oneOf(Hub.Compression.self))
        }
    }
}
