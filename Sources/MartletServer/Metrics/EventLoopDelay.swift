import MartletMetrics
import NIOCore
import Synchronization

/// How late event loops do what is due: what everybody waits for whose connection is on one that is busy.
///
/// One timer per loop: ten times a second while the loop computes, and once a second while it does next to nothing, since
/// waking a loop that sleeps costs fifty times what looking does. What is asked here may be asked from any thread.
final class EventLoopDelay: Sendable {
    /// What the delays are recorded as, one series per loop.
    static let metric = "martlet_event_loop_delay_seconds"
    static let help = "How late an event loop did what was due."

    private let loops: [WatchedLoop]

    /// Watches the loops of a group while ``run()`` runs.
    init(of group: any EventLoopGroup, registry: PrometheusRegistry) {
        registry.describe(Self.metric, help: Self.help)
        self.loops = group.makeIterator().enumerated().map { number, eventLoop in
            WatchedLoop(eventLoop, delays: registry.histogram(Self.metric, labels: [("loop", "\(number)")]))
        }
    }

    /// Looks until the task is cancelled. It may be run once.
    func run() async {
        for loop in self.loops { loop.start() }
        while !Task.isCancelled { try? await Task.sleep(for: .seconds(3600)) }
        for loop in self.loops { loop.rest() }
    }

    /// The longest delay since this was asked last, in seconds; one that is not over yet counts as far as it has come.
    func takeLongest() -> Double {
        Double(self.loops.map { $0.takeLongest() }.max() ?? 0) / 1e9
    }
}

/// One event loop, and when it is to look at the time.
private final class WatchedLoop: Sendable {
    private static let calm: TimeAmount = .seconds(1)
    private static let lively: TimeAmount = .milliseconds(100)

    private let eventLoop: any EventLoop
    private let delays: Histogram
    /// When the timer is due, in nanoseconds of the loop's clock; 0 if there is none.
    private let due = Atomic<UInt64>(0)
    private let longest = Atomic<UInt64>(0)

    init(_ eventLoop: any EventLoop, delays: Histogram) {
        self.eventLoop = eventLoop
        self.delays = delays
    }

    func start() {
        self.schedule(after: Self.lively, from: 0, computed: nil)
    }

    /// The timer that is set does nothing any more.
    func rest() { self.due.store(0, ordering: .relaxed) }

    func takeLongest() -> UInt64 {
        max(self.longest.exchange(0, ordering: .relaxed), self.delay(of: self.due.load(ordering: .relaxed)))
    }

    /// - Parameters:
    ///   - known: when it was due before: if that has changed, it was told to rest.
    ///   - computed: how long the loop's thread has computed until now, if that is known.
    private func schedule(after interval: TimeAmount, from known: UInt64, computed: UInt64?) {
        let start = self.eventLoop.now
        let due = (start + interval).uptimeNanoseconds
        guard self.due.compareExchange(expected: known, desired: due, ordering: .relaxed).exchanged else { return }
        self.eventLoop.scheduleTask(in: interval) { self.look(since: start, computed: computed) }
    }

    private func look(since start: NIODeadline, computed before: UInt64?) {
        let due = self.due.load(ordering: .relaxed)
        guard due > 0 else { return }
        let delay = self.delay(of: due)
        self.delays.record(seconds: Double(delay) / 1e9)
        self.longest.max(delay, ordering: .relaxed)
        let computed = SystemTime.thread
        let elapsed = UInt64((self.eventLoop.now - start).nanoseconds)
        // More than a twentieth of the time.
        let isLively = before.map { computed > $0 && (computed - $0) * 20 > elapsed } ?? false
        self.schedule(after: isLively ? Self.lively : Self.calm, from: due, computed: computed)
    }

    private func delay(of due: UInt64) -> UInt64 {
        let now = self.eventLoop.now.uptimeNanoseconds
        return due > 0 && now > due ? now - due : 0
    }
}
