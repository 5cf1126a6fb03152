import Logging
import MartletMetrics
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import MartletServer

@Suite("How late event loops are")
struct EventLoopDelayTests {
    @Test(.timeLimit(.minutes(1)))
    func `A loop that was busy is late by as much, and each moment is told once`() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let registry = PrometheusRegistry(logger: Logger(label: "test"))
        let delay = EventLoopDelay(of: group, registry: registry)
        let histogram = registry.histogram(EventLoopDelay.metric, labels: [("loop", "0")])
        #expect(delay.takeLongest() == 0)
        let running = Task { await delay.run() }
        while histogram.snapshot().count == 0 { try await Task.sleep(for: .milliseconds(5)) }

        let flag = Flag()
        let busy = group.next().submit { while flag.isUp { _ = NIODeadline.now() } }
        // It is known while it lasts.
        var longest = 0.0
        while longest < 0.3 {
            longest = max(longest, delay.takeLongest())
            try await Task.sleep(for: .milliseconds(5))
        }
        flag.lower()
        try await busy.get()
        // And it is in the histogram of its loop once it is over.
        func late() -> Int {
            (0...1).map { loop in
                let delays = registry.histogram(EventLoopDelay.metric, labels: [("loop", "\(loop)")]).snapshot()
                return zip(delays.bounds + [.infinity], delays.counts).filter { $0.0 > 0.2 }.map(\.1).reduce(0, +)
            }.reduce(0, +)
        }
        while late() == 0 { try await Task.sleep(for: .milliseconds(5)) }
        running.cancel()
        await running.value
        // A timer that does not run is not late.
        _ = delay.takeLongest()
        let end = NIODeadline.now() + .milliseconds(300)
        while NIODeadline.now() < end { try await Task.sleep(for: .milliseconds(20)) }
        #expect(delay.takeLongest() == 0)
        try await group.shutdownGracefully()
    }

    /// Keeps its loop computing, in pieces, so that timers get their turns in between.
    private static func compute(on eventLoop: any EventLoop, while flag: Flag) {
        let end = NIODeadline.now() + .milliseconds(5)
        while NIODeadline.now() < end {}
        if flag.isUp { eventLoop.execute { self.compute(on: eventLoop, while: flag) } }
    }

    @Test(.timeLimit(.minutes(1)))
    func `A loop that computes is looked at more often than one that sleeps`() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let registry = PrometheusRegistry(logger: Logger(label: "test"))
        let delay = EventLoopDelay(of: group, registry: registry)
        let loops = Array(group.makeIterator())
        let histograms = (0...1).map { registry.histogram(EventLoopDelay.metric, labels: [("loop", "\($0)")]) }
        let flag = Flag()
        loops[1].execute { Self.compute(on: loops[1], while: flag) }
        let running = Task { await delay.run() }
        let start = NIODeadline.now()
        while histograms[1].snapshot().count < 30 { try await Task.sleep(for: .milliseconds(5)) }
        let elapsed = NIODeadline.now() - start
        // At once a second it would take half a minute.
        #expect(elapsed < .seconds(20))
        #expect(histograms[0].snapshot().count <= 2 + Int(elapsed.nanoseconds / 1_000_000_000))
        flag.lower()
        running.cancel()
        await running.value
        try await group.shutdownGracefully()
    }

    private final class Flag: Sendable {
        private let state = Atomic(true)
        var isUp: Bool { self.state.load(ordering: .relaxed) }
        func lower() { self.state.store(false, ordering: .relaxed) }
    }
}
