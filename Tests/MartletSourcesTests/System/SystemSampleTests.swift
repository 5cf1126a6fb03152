import Martlet
import Testing

@testable import MartletSources

@Suite("A sample of the machine")
struct SystemSampleTests {
    private func sample(_ then: SystemReading, _ now: SystemReading, _ elapsed: Duration = .seconds(2)) -> String {
        SystemSample(from: then, to: now, elapsed: elapsed, path: "/data \"1\"").json
    }

    @Test func `is what happened between two readings`() {
        var then = SystemReading()
        then.processor = .init(busy: 100, idle: 100)
        then.cores = [0: .init(busy: 50, idle: 50), 1: .init(busy: 50, idle: 50)]
        then.interfaces = ["eth0": .init(receivedBytes: 10, receivedPackets: 1, sentBytes: 20, sentPackets: 2)]
        var now = SystemReading()
        now.processor = .init(busy: 130, idle: 160)
        now.cores = [1: .init(busy: 50, idle: 100), 10: .init(busy: 1, idle: 1), 0: .init(busy: 80, idle: 60)]
        now.interfaces = [
            "eth0": .init(receivedBytes: 1010, receivedPackets: 11, sentBytes: 2020, sentPackets: 22),
            "new": .init(receivedBytes: 1 << 40, receivedPackets: 1 << 30, sentBytes: 1, sentPackets: 1),
        ]
        now.load = [0.5, 12.345, 0]
        now.memory = .init(total: 1000, available: 400, swapTotal: 100, swapFree: 30)
        now.disk = .init(total: 5000, free: 2000)
        now.uptime = 61.9
        #expect(
            self.sample(then, now)
                == #"{"cpu":{"percent":33.3,"cores":[75.0,0.0,50.0]},"load":[0.50,12.35,0.00],"#
                + #""memory":{"total":1000,"available":400,"used":600,"swap_total":100,"swap_used":70},"#
                + #""disk":{"path":"/data \"1\"","total":5000,"free":2000},"#
                + #""network":{"received_bytes":500,"received_packets":5,"sent_bytes":1000,"sent_packets":10},"#
                + #""uptime":61}"#
        )
    }

    @Test func `takes counters that go back, and no time at all`() {
        var then = SystemReading()
        then.processor = .init(busy: 100, idle: 100)
        then.interfaces = ["eth0": .init(receivedBytes: 10, receivedPackets: 1, sentBytes: 20, sentPackets: 2)]
        var now = SystemReading()
        now.processor = .init(busy: 110, idle: 99)
        now.interfaces = ["eth0": .init(receivedBytes: 5, receivedPackets: 0, sentBytes: 40, sentPackets: 2)]
        now.load = [.infinity, .nan, 1e300]
        let text = self.sample(then, now, .zero)
        #expect(text.contains(#""percent":100.0"#))
        #expect(text.contains(#""received_bytes":0,"received_packets":0,"sent_bytes":20000,"sent_packets":0"#))
        #expect(text.contains(#""load":[0,0,0]"#))
        #expect(self.sample(now, now).contains(#""percent":0.0"#))
    }
}

#if os(Linux)
@Suite("The system sampler", .timeLimit(.minutes(1)))
struct SystemSamplerTests {
    @Test func `tells this machine's state at once`() async throws {
        let sampler = SystemSampler(clock: ContinuousClock())
        let watch = Watch(topic: try .init("system"), variables: [:])
        for _ in 0..<2 {
            let results = await sampler.sample([watch, watch])
            #expect(results.count == 2)
            let text = try results[0].get()
            #expect(text.hasPrefix(#"{"cpu":{"percent":"#) && text.hasSuffix("}"))
            #expect(!text.contains(#""total":0"#))
            #expect(!text.contains(#""cores":[]"#))
        }
        await sampler.close()
        #expect(try await sampler.sample([watch])[0].get().contains(#""uptime":"#))
    }

    @Test func `says which file system it can't measure`() async throws {
        let sampler = SystemSampler(path: "/nowhere/at/all", clock: ContinuousClock())
        let results = await sampler.sample([Watch(topic: try .init("system"), variables: [:])])
        let sentence = "cannot measure the file system of /nowhere/at/all: No such file or directory"
        #expect(results == [.failure(SourceProblem(.unavailable, sentence))])
    }
}
#endif
