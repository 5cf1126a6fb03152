package import Histogram

/// How long something took, many times, with three significant digits from a microsecond to twenty minutes.
///
/// Each event loop has its own; they are added up at the end.
package struct Latencies: Sendable {
    package private(set) var histogram: Histogram<UInt64>

    package init() {
        self.histogram = Histogram(
            lowestDiscernibleValue: 1_000,
            highestTrackableValue: Self.longest,
            numberOfSignificantValueDigits: .three
        )
    }

    private static let longest: UInt64 = 1_200_000_000_000

    /// What takes longer than can be told counts as the longest that can.
    @inline(__always)
    package mutating func record(nanoseconds: UInt64) {
        _ = self.histogram.record(min(nanoseconds, Self.longest))
    }

    package mutating func add(_ other: Latencies) {
        if other.histogram.totalCount > 0 { self.histogram.add(other.histogram) }
    }

    package var count: Int { Int(self.histogram.totalCount) }

    /// In milliseconds; 100 is the longest.
    package func milliseconds(percentile: Double) -> Double {
        guard self.count > 0 else { return 0 }
        return Double(self.histogram.valueAtPercentile(percentile)) / 1e6
    }
}
