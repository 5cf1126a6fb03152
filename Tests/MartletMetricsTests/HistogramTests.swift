import Testing

@testable import MartletMetrics

@Suite("Histograms")
struct HistogramTests {
    @Test(
        arguments: [
            (-1, 0), (0, 0), (0.5, 0), (1, 0), (1.0000001, 1), (2, 1), (3, 2), (5, 2), (5.1, 3), (1e300, 3),
        ] as [(Double, Int)]
    )
    func `A value is in the first bucket that is no smaller`(_ value: Double, _ bucket: Int) {
        let histogram = Histogram(bounds: [1, 2, 5])
        histogram.record(value)
        #expect(histogram.snapshot().counts == (0...3).map { $0 == bucket ? 1 : 0 })
        #expect(histogram.snapshot().sum == value)
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity])
    func `What is no finite number is left out`(_ value: Double) {
        let histogram = Histogram(bounds: [1])
        histogram.record(value)
        histogram.record(0.5)
        #expect(histogram.snapshot() == HistogramSnapshot(bounds: [1], counts: [1, 0], sum: 0.5))
    }

    @Test func `Bounds are put in order, and there may be none`() {
        #expect(Histogram(bounds: [5, .nan, 1, 5, .infinity, 2]).bounds == [1, 2, 5])
        #expect(Histogram(bounds: (0..<1000).map(Double.init)).bounds.count == 100)
        let only = Histogram(bounds: [])
        only.record(3.0)
        #expect(only.snapshot().counts == [1])
        #expect(only.snapshot().quantile(0.5) == nil)
    }

    @Test func `Durations have buckets from 10 µs to 10 s, each some twice the one before`() {
        #expect(Histogram.durations.first == 1e-5)
        #expect(Histogram.durations.last == 10)
        for (small, large) in zip(Histogram.durations, Histogram.durations.dropFirst()) {
            #expect((1.99...2.51).contains(large / small))
        }
    }

    @Test(arguments: [(0, 1), (0.25, 1.5), (0.5, 2), (0.75, 3.5), (1, 5)] as [(Double, Double)])
    func `A quantile lies within its bucket as if values were spread evenly`(_ part: Double, _ wanted: Double) throws {
        let histogram = Histogram(bounds: [1, 2, 5])
        for value in [1.1, 1.2, 3, 4] { histogram.record(value) }
        let found = try #require(histogram.snapshot().quantile(part))
        #expect(abs(found - wanted) < 1e-9)
    }

    @Test func `Of nothing there is no quantile, and beyond all bounds the greatest is known`() {
        let histogram = Histogram(bounds: [1, 2])
        #expect(histogram.snapshot().quantile(0.5) == nil)
        histogram.record(100.0)
        #expect(histogram.snapshot().quantile(0.5) == 2)
        #expect(histogram.snapshot().quantile(-3) == 2)
        #expect(histogram.snapshot().quantile(7) == 2)
    }

    @Test func `What came between two moments is their difference`() throws {
        let histogram = Histogram(bounds: [1, 2])
        for _ in 1...100 { histogram.record(0.5) }
        let before = histogram.snapshot()
        #expect(before.since(before).quantile(0.5) == nil)
        histogram.record(1.5)
        let between = histogram.snapshot().since(before)
        #expect(between.count == 1)
        #expect(between.sum == 1.5)
        let median = try #require(between.quantile(0.5))
        #expect((1...2).contains(median))
        #expect(histogram.snapshot().since(Histogram(bounds: [3]).snapshot()).count == 101)
    }

    @Test func `Nothing is lost when all threads record at once`() async {
        let histogram = Histogram(bounds: [1, 2, 3])
        await withDiscardingTaskGroup { group in
            for number in 0..<8 {
                group.addTask { for _ in 0..<20_000 { histogram.record(Double(number % 4) + 0.5) } }
            }
        }
        #expect(histogram.snapshot().counts == [40_000, 40_000, 40_000, 40_000])
        // Halves add up without rounding.
        #expect(histogram.snapshot().sum == 40_000 * (0.5 + 1.5 + 2.5 + 3.5))
    }
}
