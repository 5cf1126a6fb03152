import Benchmark
import ServerSentEvents

/// Megabytes (10⁶ bytes) of stream a second.
private let speed = BenchmarkMetric.custom("MB/s", polarity: .prefersLarger, useScalingFactor: false)

/// Measures the work and how fast it went through so many bytes.
private func measure(_ benchmark: Benchmark, bytes: Int, _ work: () throws -> Void) rethrows {
    let clock = ContinuousClock()
    benchmark.startMeasurement()
    let start = clock.now
    try work()
    let seconds = (clock.now - start) / .seconds(1)
    benchmark.stopMeasurement()
    benchmark.measurement(speed, Int((Double(bytes) / seconds / 1e6).rounded()))
}

let benchmarks: @Sendable () -> Void = {
    Benchmark.defaultConfiguration = .init(
        metrics: [speed, .wallClock, .instructions],
        warmupIterations: 3,
        maxDuration: .seconds(3),
        maxIterations: 1_000
    )

    Benchmark("Parse 10,000 events of 120 bytes: EventParser") { benchmark in
        try measure(benchmark, bytes: Samples.stream.count) {
            var parser = EventParser()
            var count = 0
            for piece in Samples.pieces {
                try parser.parse(piece) { (item: EventParser.Item) in
                    if case .event(let event) = item { blackHole(event) }
                    count += 1
                }
            }
            precondition(count == Samples.count)
        }
    }

    Benchmark("Parse 10,000 events of 120 bytes: a parser that splits a String into lines") { benchmark in
        measure(benchmark, bytes: Samples.stream.count) {
            var parser = LineSplittingParser()
            var count = 0
            for piece in Samples.pieces {
                parser.parse(piece) { id, type, data in
                    blackHole((id, type, data))
                    count += 1
                }
            }
            precondition(count == Samples.count)
        }
    }

    Benchmark("Encode 10,000 events of 120 bytes: EventEncoder.write") { benchmark in
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 256, alignment: 8)
        defer { memory.deallocate() }
        measure(benchmark, bytes: Samples.stream.count) {
            for event in Samples.events {
                blackHole(EventEncoder.byteCount(of: event))
                blackHole(EventEncoder.write(event, into: memory))
            }
        }
    }

    Benchmark("Encode 10,000 events of 120 bytes: EventEncoder.encode, checked and into arrays") { benchmark in
        try measure(benchmark, bytes: Samples.stream.count) {
            for event in Samples.events { blackHole(try EventEncoder.encode(event)) }
        }
    }
}
