public import ServerSentEvents

extension EventSource {
    /// How a stream is begun, kept and bounded.
    ///
    /// ```swift
    /// var configuration = EventSource.Configuration()
    /// configuration.lastEventID = "k3f9x-1042"
    /// configuration.idleTimeout = .seconds(60)
    /// ```
    public struct Configuration: Sendable {
        /// The id of the last event already seen; the stream goes on after it. `""` for none.
        public var lastEventID: String

        /// How long to wait between connections.
        public var reconnection: Reconnection

        /// How long nothing at all may come, not even a comment, before the connection counts as lost; `nil` for ever.
        ///
        /// Begins anew with each byte of the stream, and while the reader waits only: a slow reader is not held against
        /// the server. The head of an answer has to be there within this time too.
        /// `nil` by default, because the standard asks no server for a heartbeat. Martlet's hub sends one every 15 s;
        /// for it, 45 s is a good value.
        public var idleTimeout: Duration?

        /// How long a line and an event may be. One that is longer ends the sequence with
        /// ``EventSourceError/Code/limitExceeded``: after a reconnection the same event would come again.
        public var limits: EventParser.Limits

        /// Makes a configuration.
        public init(
            lastEventID: String = "",
            reconnection: Reconnection = Reconnection(),
            idleTimeout: Duration? = nil,
            limits: EventParser.Limits = EventParser.Limits()
        ) {
            self.lastEventID = lastEventID
            self.reconnection = reconnection
            self.idleTimeout = idleTimeout
            self.limits = limits
        }
    }

    /// How long to wait before connecting again.
    ///
    /// The first wait is exactly what the server asked for with `retry`, or ``delay``. Each further failure in a row
    /// doubles it, up to ``longestBackoff``; of that, between half and the whole is waited, at random, so that clients
    /// that lost the same server do not return in step. A wait is never shorter than what the server asked for.
    ///
    /// A stream that brought an event and was then ended by the server in the regular way is no failure, however short
    /// it was: so do servers that answer one event at a time. A connection that lasted ``steadyAfter`` is none either.
    ///
    /// ```swift
    /// let patient = EventSource.Reconnection(delay: .seconds(10), longestBackoff: .seconds(300))
    /// ```
    public struct Reconnection: Sendable {
        /// The wait as long as the server asked for none.
        public var delay: Duration
        /// The shortest wait, also if the server asks for less.
        public var shortestDelay: Duration
        /// The longest wait a server can ask for, with `retry` or `Retry-After`.
        public var longestDelay: Duration
        /// The longest wait that failures in a row lead to.
        public var longestBackoff: Duration
        /// How long a connection must have been open for the failures before it to be forgotten.
        public var steadyAfter: Duration
        /// Where the randomness comes from: a number from 0 up to, not including, 1.
        public var random: @Sendable () -> Double

        /// Makes a rule: 3 s, doubled up to 30 s, at least 100 ms; at most an hour if the server asks for it.
        public init(
            delay: Duration = .seconds(3),
            shortestDelay: Duration = .milliseconds(100),
            longestDelay: Duration = .seconds(3600),
            longestBackoff: Duration = .seconds(30),
            steadyAfter: Duration = .seconds(60),
            random: @escaping @Sendable () -> Double = { .random(in: 0..<1) }
        ) {
            self.delay = delay
            self.shortestDelay = shortestDelay
            self.longestDelay = longestDelay
            self.longestBackoff = longestBackoff
            self.steadyAfter = steadyAfter
            self.random = random
        }
    }
}
