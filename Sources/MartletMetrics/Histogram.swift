import CoreMetrics
import Synchronization

/// How values are distributed: a count per bucket, and their sum.
///
/// Recording is a search among some twenty numbers and two atomic additions, from any thread, and allocates nothing.
package final class Histogram: Instrument {
    static let kind = MetricKind.histogram

    /// For durations in seconds: from 10 µs to 10 s, three per decade.
    package static let durations: [Double] = [
        1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2, 0.1, 0.2, 0.5, 1, 2, 5, 10,
    ]
    /// For values of which nothing is known: powers of four.
    static let values: [Double] = (0...15).map { Double(1 << (2 * $0)) }
    /// Each is a row of every scrape.
    private static let maxBuckets = 100

    /// The largest value of each bucket, ascending; what is larger than the last is in one more bucket.
    package let bounds: [Double]
    /// One per bound and one more. It is set once, and what it points to is only changed atomically.
    private nonisolated(unsafe) let counts: UnsafeMutablePointer<Atomic<Int>>
    private let sum = AtomicDouble()

    /// Makes a histogram.
    ///
    /// - Parameter bounds: the largest value of each bucket. They are put in order; what is no number, or comes twice, is
    ///   left out.
    package init(bounds: [Double] = Histogram.durations) {
        let usable = Set(bounds.filter(\.isFinite)).sorted().prefix(Self.maxBuckets)
        self.bounds = Array(usable)
        self.counts = .allocate(capacity: usable.count + 1)
        for bucket in 0...usable.count { (self.counts + bucket).initialize(to: Atomic(0)) }
    }

    deinit {
        self.counts.deinitialize(count: self.bounds.count + 1)
        self.counts.deallocate()
    }

    /// Records a duration.
    package func record(seconds: Double) { self.record(seconds) }

    /// Records a value. What is no finite number is left out: it would spoil the sum for ever.
    package func record(_ value: Double) {
        guard value.isFinite else { return }
        var low = 0
        var high = self.bounds.count
        while low < high {
            let middle = (low + high) / 2
            if self.bounds[middle] < value { low = middle + 1 } else { high = middle }
        }
        self.counts[low].wrappingAdd(1, ordering: .relaxed)
        self.sum.add(value)
    }

    /// What has been recorded since it was made.
    package func snapshot() -> HistogramSnapshot {
        HistogramSnapshot(
            bounds: self.bounds,
            counts: (0...self.bounds.count).map { self.counts[$0].load(ordering: .relaxed) },
            sum: self.sum.value
        )
    }

    var reading: MetricReading { .histogram(self.snapshot()) }
}

extension Histogram: TimerHandler, RecorderHandler {
    package func recordNanoseconds(_ duration: Int64) { self.record(Double(duration) / 1e9) }
    package func record(_ value: Int64) { self.record(Double(value)) }
}
