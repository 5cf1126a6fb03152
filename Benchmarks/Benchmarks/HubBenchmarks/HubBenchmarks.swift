import Benchmark
import NIOCore
import NIOEmbedded

@testable import Martlet

let benchmarks: @Sendable () -> Void = {
    Benchmark.defaultConfiguration = .init(
        metrics: [.wallClock, .throughput, .instructions],
        warmupIterations: 3,
        scalingFactor: .kilo,
        maxDuration: .seconds(2),
        maxIterations: 1_000
    )
    selectorBenchmarks()
    dispatchBenchmarks()
    catchUpBenchmarks()
}

/// Does a topic match, for one selector and for the index of a shard.
private func selectorBenchmarks() {
    Benchmark("Selector: an exact topic") { benchmark in
        let selector = try Selector("users/42/notices")
        let topics = try (0..<16).map { try Topic("users/\($0 + 30)/notices") }
        benchmark.startMeasurement()
        for number in benchmark.scaledIterations { blackHole(selector.matches(topics[number & 15])) }
    }

    Benchmark("Selector: a URI template") { benchmark in
        let selector = try Selector("users/{user_id}/notices")
        let topics = try (0..<16).map { try Topic("users/\($0 + 30)/notices") }
        benchmark.startMeasurement()
        for number in benchmark.scaledIterations { blackHole(selector.matches(topics[number & 15])) }
    }

    Benchmark("Index of 1,000 templates, topics seen before") { benchmark in
        var index = TemplateIndex()
        for number in 0..<1_000 { _ = index.retain(try URITemplate("shops/\(number)/{item}")) }
        let topics = try (0..<16).map { try Topic("shops/\($0)/shoe") }
        for topic in topics { blackHole(index.matches(topic)) }
        benchmark.startMeasurement()
        for number in benchmark.scaledIterations { blackHole(index.matches(topics[number & 15])) }
    }

    Benchmark("Index of 1,000 templates, new topics") { benchmark in
        var index = TemplateIndex()
        for number in 0..<1_000 { _ = index.retain(try URITemplate("shops/\(number)/{item}")) }
        let topics = try benchmark.scaledIterations.map { try Topic("shops/\($0)/shoe-\($0)") }
        benchmark.startMeasurement()
        for topic in topics { blackHole(index.matches(topic)) }
    }
}

/// Nanoseconds for each delivery to an outlet.
private let each = BenchmarkMetric.custom("ns per delivery", polarity: .prefersSmaller, useScalingFactor: false)

/// Measures the work and what each of so many deliveries took.
private func measure(_ benchmark: Benchmark, deliveries: Int, _ work: () -> Void) {
    let clock = ContinuousClock()
    benchmark.startMeasurement()
    let start = clock.now
    work()
    let taken = (clock.now - start) / .nanoseconds(1)
    benchmark.stopMeasurement()
    benchmark.measurement(each, Int((taken / Double(deliveries)).rounded()))
}

private var deliveryConfiguration: Benchmark.Configuration {
    Benchmark.Configuration(
        metrics: [each, .wallClock, .instructions],
        warmupIterations: 3,
        scalingFactor: .one,
        maxDuration: .seconds(2),
        maxIterations: 1_000
    )
}

/// From updates that are in the log to all outlets that are to have them. They come one at a time.
private func dispatchBenchmarks() {
    for cursors in [1, 100, 10_000] {
        Benchmark("Dispatch 100 updates to \(cursors) cursor(s)", configuration: deliveryConfiguration) { benchmark in
            var bench = BenchShard()
            let topic = try Topic("greetings")
            bench.join(cursors) { _ in Selector(exactly: topic) }
            let entries = try (0..<100).map { _ in try bench.entry(topic) }
            measure(benchmark, deliveries: 100 * cursors) {
                for entry in entries { bench.shard.dispatch([entry]) }
            }
        }
    }

    Benchmark("Dispatch 100 updates to 1 of 10,000 topics each", configuration: deliveryConfiguration) { benchmark in
        var bench = BenchShard()
        let topics = try (0..<10_000).map { try Topic("users/\($0)/notices") }
        bench.join(10_000) { Selector(exactly: topics[$0]) }
        let entries = try (0..<100).map { try bench.entry(topics[$0 * 97]) }
        measure(benchmark, deliveries: 100) {
            for entry in entries { bench.shard.dispatch([entry]) }
        }
    }
}

/// A subscriber that comes back reads what it has missed, from memory.
private func catchUpBenchmarks() {
    for missed in [100, 10_000] {
        Benchmark("Catch up with \(missed) updates", configuration: deliveryConfiguration) { benchmark in
            var bench = BenchShard()
            let topic = try Topic("greetings")
            for _ in 0..<missed { bench.shard.dispatch([try bench.entry(topic)]) }
            let outlet = CountingOutlet()
            let interest = Interest(selectors: [Selector(exactly: topic)])
            measure(benchmark, deliveries: missed) {
                _ = bench.shard.join(interest, from: ResumePoint(cursor: 0), outlet: outlet)
                bench.eventLoop.run()
            }
            precondition(outlet.bytes > missed * 120)
        }
    }
}
