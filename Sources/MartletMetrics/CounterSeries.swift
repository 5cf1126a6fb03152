import CoreMetrics
import Synchronization

/// A number that only grows: one atomic addition per increment.
final class CounterSeries: Instrument, CounterHandler, FloatingPointCounterHandler {
    static let kind = MetricKind.counter

    /// Larger amounts are added to `fraction`, so that this one can't overflow.
    private static let largestWhole: Int64 = 1 << 32

    private let whole = Atomic<Int64>(0)
    private let fraction = AtomicDouble()

    var reading: MetricReading { .number(Double(self.whole.load(ordering: .relaxed)) + self.fraction.value) }

    /// Adds an amount; a negative one is left out, since a counter that falls is taken for one that was restarted.
    func increment(by amount: Int64) {
        guard amount > 0 else { return }
        guard amount <= Self.largestWhole else { return self.fraction.add(Double(amount)) }
        self.whole.wrappingAdd(amount, ordering: .relaxed)
    }

    func increment(by amount: Double) {
        guard amount > 0, amount.isFinite else { return }
        self.fraction.add(amount)
    }

    func reset() {
        self.whole.store(0, ordering: .relaxed)
        self.fraction.store(0)
    }
}
