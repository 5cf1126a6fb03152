/// What keys were seen when: a key that is missing is waited for until a higher one was seen so long ago that whoever has
/// it should have committed. Reckoned by the highest key at a time, so that a thousand missing keys are one wait.
///
/// Does no I/O and is told the time.
struct OutboxMarks<Instant: InstantProtocol> where Instant.Duration == Duration {
    private let wait: Duration
    /// The highest key by the time it was first seen, both growing.
    private var marks: [(key: Int64, at: Instant)] = []
    /// Up to this nothing that is missing is waited for.
    private var settled: Int64 = 0

    /// - Parameter wait: how long to wait; zero to not wait at all.
    init(wait: Duration) {
        self.wait = wait
    }

    var isWaiting: Bool { self.wait > .zero }

    /// Notes the highest key that is seen.
    mutating func note(_ key: Int64, at now: Instant) {
        if self.isWaiting, key > self.marks.last?.key ?? self.settled { self.marks.append((key, now)) }
        let count = self.marks.prefix { $0.at.advanced(by: self.wait) <= now }.count
        guard count > 0 else { return }
        self.settled = self.marks[count - 1].key
        self.marks.removeFirst(count)
    }

    /// Whether keys that are missing below this one are no longer waited for.
    func isSettled(_ key: Int64) -> Bool { !self.isWaiting || key <= self.settled }

    /// When that will be; nil if the key was not noted.
    func settling(of key: Int64) -> Instant? {
        self.marks.first { $0.key >= key }?.at.advanced(by: self.wait)
    }
}
