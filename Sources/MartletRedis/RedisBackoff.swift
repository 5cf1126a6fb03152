/// Decides when to connect again. A plain value that knows no clock; whoever connects owns it and tells it what happened.
///
/// The first attempt after a connection that has held is made at once. Then the wait doubles with each failure, up to
/// the longest; half of it is drawn by lot, so that a thousand clients of a server that comes back don't come together.
struct RedisBackoff: Sendable {
    /// After the first failure.
    let first: Duration
    let longest: Duration
    /// A connection that lived for less is a failure too: else a server that accepts and closes is asked without end.
    let steadyAfter = Duration.seconds(5)

    /// The time, from the same point as those told, before which there is no further attempt.
    private(set) var notBefore = Duration.zero
    private var failures = 0
    private var connectedAt: Duration?

    init(first: Duration, longest: Duration) {
        self.first = first
        self.longest = longest
    }

    mutating func connected(at now: Duration) {
        self.connectedAt = now
    }

    /// Says that the connection is over, whether it had been usable or not.
    ///
    /// - Parameter random: A number from 0 up to 1.
    mutating func lost(at now: Duration, random: Double) {
        defer { self.connectedAt = nil }
        if let connectedAt = self.connectedAt, now - connectedAt >= self.steadyAfter {
            self.failures = 0
            self.notBefore = now
        } else {
            self.failed(at: now, random: random)
        }
    }

    /// - Parameter random: A number from 0 up to 1.
    mutating func failed(at now: Duration, random: Double) {
        var whole = min(self.first, self.longest)
        for _ in 0..<self.failures where whole < self.longest { whole *= 2 }
        self.failures += 1
        whole = min(whole, self.longest)
        self.notBefore = now + whole / 2 + whole / 2 * random
    }
}
