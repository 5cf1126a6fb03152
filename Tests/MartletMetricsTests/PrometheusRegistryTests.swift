import CoreMetrics
import Testing

@testable import MartletMetrics

@Suite("What is scraped")
struct PrometheusRegistryTests {
    private let told = Told()
    private let registry: PrometheusRegistry

    init() {
        self.registry = PrometheusRegistry(logger: self.told.logger, maxSeries: 10)
    }

    @Test func `Each kind of metric is written as the format has it`() async {
        self.registry.describe("requests_total", help: "Requests\nthat came, \\ all.")
        self.registry.describe("wait_seconds", help: "Waiting.", buckets: [1, 0.5])
        self.registry.describe("size", help: "", buckets: [10])
        Counter(label: "requests", dimensions: [("path", "/a\"\n"), ("code", "200")], factory: self.registry)
            .increment(by: 3)
        FloatingPointCounter(label: "joules", factory: self.registry).increment(by: 1.5)
        Meter(label: "temperature", factory: self.registry).set(-3.5)
        Gauge(label: "level", factory: self.registry).record(Double.nan)
        Recorder(label: "size", dimensions: [], factory: self.registry).record(7)
        let timer = Timer(label: "wait", dimensions: [("a", "b")], factory: self.registry)
        timer.recordMilliseconds(700)
        timer.recordSeconds(2)
        #expect(
            await self.registry.text() == """
                # TYPE joules_total counter
                joules_total 1.5
                # TYPE level gauge
                level NaN
                # HELP requests_total Requests\\nthat came, \\\\ all.
                # TYPE requests_total counter
                requests_total{code="200",path="/a\\"\\n"} 3
                # TYPE size histogram
                size_bucket{le="10"} 1
                size_bucket{le="+Inf"} 1
                size_sum 7
                size_count 1
                # TYPE temperature gauge
                temperature -3.5
                # HELP wait_seconds Waiting.
                # TYPE wait_seconds histogram
                wait_seconds_bucket{a="b",le="0.5"} 0
                wait_seconds_bucket{a="b",le="1"} 1
                wait_seconds_bucket{a="b",le="+Inf"} 2
                wait_seconds_sum{a="b"} 2.7
                wait_seconds_count{a="b"} 2

                """
        )
        #expect(self.told.all.isEmpty)
    }

    @Test func `Without metrics the text is empty`() async {
        #expect(await self.registry.text() == "")
    }

    @Test func `The same name and labels are the same series`() async {
        Counter(label: "a", dimensions: [("x", "1"), ("y", "2")], factory: self.registry).increment()
        Counter(label: "a_total", dimensions: [("y", "2"), ("x", "1")], factory: self.registry).increment()
        FloatingPointCounter(label: "a", dimensions: [("x", "1"), ("y", "2")], factory: self.registry).increment(
            by: 0.5
        )
        #expect(await self.registry.rows() == ["a_total{x=\"1\",y=\"2\"} 2.5"])
    }

    @Test func `A counter neither falls nor overflows, and a reset begins anew`() async {
        let counter = Counter(label: "a", factory: self.registry)
        counter.increment(by: Int64.max)
        counter.increment(by: Int64.max)
        counter.increment(by: -5)
        #expect(await self.registry.rows() == ["a_total 1.8446744073709552e+19"])
        counter.reset()
        counter.increment(by: 2)
        let fractions = FloatingPointCounter(label: "a", factory: self.registry)
        for amount in [-1, .nan, .infinity, 0.25] { fractions.increment(by: amount) }
        #expect(await self.registry.rows() == ["a_total 2.25"])
    }

    @Test func `A meter goes up and down`() async {
        let meter = Meter(label: "m", factory: self.registry)
        meter.set(Int64(5))
        meter.increment(by: 2.5)
        meter.decrement(by: 10)
        #expect(await self.registry.rows() == ["m -2.5"])
    }

    @Test func `A name keeps its type: who asks for another is told so and disturbs nobody`() async {
        Counter(label: "x_total", factory: self.registry).increment()
        let meter = Meter(label: "x_total", factory: self.registry)
        meter.set(99.0)
        Meter(label: "x_total", factory: self.registry).set(98.0)
        meter.destroy()
        #expect(await self.registry.rows() == ["x_total 1"])
        #expect(self.told.all == ["The metric x_total is left out: its name is taken by one of another type."])
    }

    @Test func `Rows of a histogram are no other metric's names, in either order`() async {
        Timer(label: "a", factory: self.registry).recordSeconds(1)
        Meter(label: "a_seconds_count", factory: self.registry).set(1.0)
        Meter(label: "b_seconds_sum", factory: self.registry).set(1.0)
        Timer(label: "b", factory: self.registry).recordSeconds(1)
        let rows = await self.registry.rows()
        #expect(rows.contains("a_seconds_count 1"))
        #expect(rows.contains("b_seconds_sum 1"))
        #expect(rows.count == Histogram.durations.count + 3 + 1)
        #expect(self.told.all.count == 2)
    }

    @Test func `What comes beyond the most series goes to one that is called other`() async {
        for number in 0..<100_000 {
            Counter(label: "a", dimensions: [("n", "\(number)")], factory: self.registry).increment()
        }
        Counter(label: "a", dimensions: [("else", "z")], factory: self.registry).increment()
        Counter(label: "a", dimensions: [("n", "3")], factory: self.registry).increment()
        let rows = await self.registry.rows()
        #expect(rows.count == 11)
        #expect(rows.contains("a_total{n=\"other\"} 99991"))
        #expect(rows.contains("a_total{n=\"3\"} 2"))
    }

    @Test func `There are so many metrics and no more`() async {
        for number in 0..<1500 { Counter(label: "a\(number)", factory: self.registry).increment() }
        #expect(await self.registry.rows().count == 1000)
        #expect(self.told.all.count == 1)
    }

    @Test func `A metric that was given up as often as it was made is gone, and makes room`() async {
        let counters = (0..<10).map {
            Counter(label: "a", dimensions: [("n", "\($0)")], factory: self.registry)
        }
        let again = Counter(label: "a", dimensions: [("n", "0")], factory: self.registry)
        counters[0].destroy()
        again.increment()
        #expect(await self.registry.rows().contains("a_total{n=\"0\"} 1"))
        again.destroy()
        counters[1].destroy()
        #expect(await self.registry.rows().count == 8)
        Counter(label: "a", dimensions: [("n", "new")], factory: self.registry).increment()
        #expect(await self.registry.rows().contains("a_total{n=\"new\"} 1"))
    }

    @Test func `Nothing is lost when all threads count at once`() async {
        let registry = self.registry
        await withDiscardingTaskGroup { group in
            for number in 0..<8 {
                group.addTask {
                    for _ in 0..<5000 {
                        Counter(label: "a", dimensions: [("n", "\(number % 2)")], factory: registry).increment()
                        FloatingPointCounter(label: "b", factory: registry).increment(by: 0.5)
                    }
                }
            }
            group.addTask { for _ in 0..<50 { _ = await registry.text() } }
        }
        #expect(await registry.rows() == ["a_total{n=\"0\"} 20000", "a_total{n=\"1\"} 20000", "b_total 20000"])
    }
}
