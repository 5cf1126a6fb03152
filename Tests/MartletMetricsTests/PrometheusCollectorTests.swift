import CoreMetrics
import Testing

@testable import MartletMetrics

@Suite("What is counted elsewhere")
struct PrometheusCollectorTests {
    private let told = Told()
    private let registry: PrometheusRegistry

    init() {
        self.registry = PrometheusRegistry(logger: self.told.logger)
    }

    private actor Elsewhere {
        var count = 0
        func next() -> Int {
            self.count += 1
            return self.count
        }
    }

    @Test func `It is asked for at each scrape, and nothing of the last one is kept`() async {
        let elsewhere = Elsewhere()
        self.registry.collect { samples in
            let count = await elsewhere.next()
            samples.counter("scrapes", help: "Scrapes.", count)
            samples.gauge("number", help: "", 0.5, labels: [("n", "\(count)")])
        }
        _ = await self.registry.text()
        #expect(
            await self.registry.text() == """
                # TYPE number gauge
                number{n="2"} 0.5
                # HELP scrapes_total Scrapes.
                # TYPE scrapes_total counter
                scrapes_total 2

                """
        )
    }

    @Test func `A series that is there already is not written twice`() async {
        Counter(label: "a", dimensions: [("n", "1")], factory: self.registry).increment()
        self.registry.collect { samples in
            samples.counter("a", help: "", 7, labels: [("n", "1")])
            samples.counter("a", help: "", 8, labels: [("n", "2")])
            samples.counter("a", help: "", 9, labels: [("n", "2")])
        }
        for _ in 1...2 { #expect(await self.registry.rows() == ["a_total{n=\"1\"} 1", "a_total{n=\"2\"} 8"]) }
        #expect(self.told.all.count == 2)
    }

    @Test func `A name that is another type's is left out, whoever had it first`() async {
        let histogram = self.registry.histogram("h")
        self.registry.collect { samples in
            samples.gauge("h_sum", help: "", 1)
            samples.gauge("g", help: "", 1)
            samples.histogram("g", help: "", histogram.snapshot())
            samples.histogram("other", help: "", histogram.snapshot())
        }
        let rows = await self.registry.rows()
        #expect(rows.filter { $0.hasPrefix("g") } == ["g 1"])
        #expect(rows.filter { $0.hasPrefix("h_sum") } == ["h_sum 0"])
        #expect(rows.contains("other_count 0"))
        #expect(self.told.all.count == 2)
        // What a scrape has taken, the next finds free.
        Timer(label: "g", factory: self.registry).recordSeconds(1)
        #expect(await self.registry.rows().contains("g_seconds_count 1"))
    }

    @Test func `A histogram by its name is the same that a timer records into`() async {
        Timer(label: "wait", dimensions: [("loop", "0")], factory: self.registry).recordMicroseconds(15)
        self.registry.histogram("wait_seconds", labels: [("loop", "0")]).record(seconds: 15e-6)
        let rows = await self.registry.rows()
        #expect(rows.contains("wait_seconds_bucket{loop=\"0\",le=\"1e-05\"} 0"))
        #expect(rows.contains("wait_seconds_bucket{loop=\"0\",le=\"2e-05\"} 2"))
    }
}
