/// When the values of a stream are due: at multiples of an interval since it began, never two at once.
///
/// A multiple that passes while a value is still being made, or waits for the socket, is skipped; those that follow
/// keep their times.
struct Ticks: Sendable {
    /// No shorter interval is kept, so that one that came out of a computation as zero doesn't busy a processor.
    private static let shortest: Duration = .milliseconds(1)

    private let interval: Duration
    private var last: Duration = .zero

    init(every interval: Duration) {
        self.interval = max(interval, Self.shortest)
    }

    /// How long to wait, `now` after the stream began, until the next value is due.
    mutating func pause(at now: Duration) -> Duration {
        let step = self.interval.attoseconds
        let (count, rest) = now.attoseconds.quotientAndRemainder(dividingBy: step)
        let notMissed = Duration(attoseconds: (rest == 0 ? count : count + 1) * step)
        self.last = max(self.last + self.interval, notMissed)
        return self.last - now
    }
}
