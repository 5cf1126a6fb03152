/// How a stream is kept alive, and when it is given up. The defaults suit most routes.
///
/// ```swift
/// let options = EventStreamOptions(heartbeat: .seconds(10), retry: .seconds(1))
/// router.sse("quotes", every: .seconds(5), options: options) { context in try await quotes.latest() }
/// ```
public struct EventStreamOptions: Sendable {
    /// After how much silence a comment is sent, which clients ignore and proxies take as a sign of life.
    ///
    /// `nil` for none: a proxy may then cut a quiet stream, and of a client that vanished without closing its
    /// connection, or sent another request behind this one, the server learns no sooner than it sends an event. Source
    /// of the default: WHATWG HTML 9.2.7.
    public let heartbeat: Duration?

    /// How long clients are to wait before they reconnect, told to each at the beginning of its stream.
    ///
    /// `nil` leaves it to the client; browsers wait for some seconds.
    public let retry: Duration?

    /// A client that takes nothing for so long, though there is something for it, is given up. `nil` for never.
    ///
    /// A heartbeat is something for it too. An event is given to the socket in pieces of 64 KiB, so one that is larger
    /// may take longer.
    public let stall: Duration?

    /// What intervals, heartbeats and stalls are measured with.
    public let clock: any Clock<Duration>

    /// Makes options.
    ///
    /// - Parameters:
    ///   - heartbeat: After how much silence a comment is sent; `nil` for none.
    ///   - retry: How long clients are to wait before they reconnect, in whole milliseconds; `nil` leaves it to them.
    ///   - stall: After how long a client that takes nothing is given up; `nil` for never.
    ///   - clock: What time is measured with.
    /// - Precondition: `heartbeat` and `stall` are above zero, `retry` is not negative.
    public init(
        heartbeat: Duration? = .seconds(15),
        retry: Duration? = nil,
        stall: Duration? = .seconds(60),
        clock: any Clock<Duration> = ContinuousClock()
    ) {
        precondition(heartbeat.map { $0 > .zero } ?? true, "The time between heartbeats is above zero, or nil for none")
        precondition(stall.map { $0 > .zero } ?? true, "The time a client may stall is above zero, or nil for any")
        precondition(retry.map { $0 >= .zero } ?? true, "The time before clients reconnect is not negative")
        self.heartbeat = heartbeat
        self.retry = retry
        self.stall = stall
        self.clock = clock
    }
}
