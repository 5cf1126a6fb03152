import Dispatch
import NIOCore
import NIOPosix
import ServerSentEvents
import Synchronization
import Testing

@testable import Martlet

@Suite("Publishing on each event loop by itself", .timeLimit(.minutes(2)))
struct LoopCommitterTests {
    /// Publishes one update after the other on a loop, each when the one before is acknowledged.
    private final class Chain: Sendable {
        private let hub: Hub
        private let loop: any EventLoop
        private let name: String
        private let count: Int
        private let done = Atomic(0)
        private let strays = Atomic(0)
        private let sequences = Mutex<[SequenceNumber]>([])

        init(_ name: String, to hub: Hub, on loop: any EventLoop, count: Int = .max) {
            self.name = name
            self.hub = hub
            self.loop = loop
            self.count = count
        }

        var acknowledged: Int { self.done.load(ordering: .relaxed) }
        /// How often it heard of it on another loop.
        var strayed: Int { self.strays.load(ordering: .relaxed) }
        var numbers: [SequenceNumber] { self.sequences.withLock { $0 } }

        func start() {
            self.loop.execute { self.publish(0) }
        }

        private func publish(_ number: Int) {
            guard number < self.count, let update = try? Update.sample("t", data: "\(self.name).\(number)") else {
                return
            }
            self.hub.publish([update]) { result in
                if !self.loop.inEventLoop { self.strays.add(1, ordering: .relaxed) }
                guard let range = try? result.get() else { return }
                self.sequences.withLock { $0 += range.ids.compactMap { Position($0)?.sequence } }
                self.done.add(1, ordering: .relaxed)
                self.publish(number + 1)
            }
        }
    }

    /// Has a subscriber of everything on each loop.
    private func subscribe(
        to hub: Hub,
        on loops: [any EventLoop]
    ) async throws -> [(loop: any EventLoop, outlet: NIOLoopBound<ScriptedOutlet>)] {
        var outlets: [(loop: any EventLoop, outlet: NIOLoopBound<ScriptedOutlet>)] = []
        for loop in loops {
            let outlet = try await loop.submit {
                let outlet = ScriptedOutlet()
                outlet.subscriber = hub.shard(on: loop).join(try .sample("t"), from: .newcomer, outlet: outlet)
                return NIOLoopBound(outlet, eventLoop: loop)
            }.get()
            outlets.append((loop, outlet))
        }
        return outlets
    }

    @Test func `subscribers of all loops see one order, and publishers are answered where they are`() async throws {
        let log = MemoryLog()
        try await withHub(log: log, loops: 3) { hub, group async throws in
            let loops = Array(group.makeIterator())
            let outlets = try await self.subscribe(to: hub, on: loops)
            let chains = (0..<12).map { Chain("\($0)", to: hub, on: loops[$0 % 3], count: 100) }
            for chain in chains { chain.start() }
            var seen: [[MessageEvent]] = []
            for (loop, outlet) in outlets {
                try await eventually("a subscriber has all") {
                    try await loop.submit { try outlet.value.events.count == 1200 }.get()
                }
                seen.append(try await loop.submit { try outlet.value.events }.get())
            }
            for events in seen {
                #expect(events.compactMap { Position($0.lastEventID)?.sequence } == Array(1...1200))
                #expect(events.map(\.data) == seen[0].map(\.data))
            }
            for (number, chain) in chains.enumerated() {
                #expect(chain.strayed == 0)
                #expect(chain.numbers == chain.numbers.sorted())
                #expect(chain.numbers.map { seen[0][Int($0) - 1].data } == (0..<100).map { "\(number).\($0)" })
            }
            #expect(log.bounds.last == 1200)
        }
    }

    @Test func `a loop whose subscribers take longer than publishers is waited for, and nothing is lost`() async throws
    {
        try await withHub(log: MemoryLog(), loops: 2) { hub, group async throws in
            let loops = Array(group.makeIterator())
            let outlet = try await self.subscribe(to: hub, on: [loops[1]])[0].outlet
            let door = DispatchSemaphore(value: 0)
            // The loop is in the midst of something long.
            loops[1].execute { door.wait() }
            let chain = Chain("a", to: hub, on: loops[0], count: 20_000)
            chain.start()
            defer { door.signal() }
            try await eventually("so many are taken without it") { chain.acknowledged > 8192 }
            // The loop that publishes is in no such trouble, and would have taken more by now.
            try await loops[0].scheduleTask(in: .milliseconds(50)) {}.futureResult.get()
            #expect(chain.acknowledged == 8193)
            door.signal()
            try await eventually("the rest is taken") { chain.acknowledged == 20_000 }
            try await eventually("the subscriber has all") {
                try await loops[1].submit { outlet.value.writes.count > 0 && hub.shard(on: loops[1]).head == 20_000 }
                    .get()
            }
            let events = try await loops[1].submit { try outlet.value.events }.get()
            #expect(events.map(\.data) == (0..<20_000).map { "a.\($0)" })
        }
    }

    @Test func `a log on disk waits for such a loop, too`() async throws {
        let log = ScriptedLog()
        try await withHub(log: log, loops: 2) { hub, group async throws in
            let loops = Array(group.makeIterator())
            let door = DispatchSemaphore(value: 0)
            loops[1].execute { door.wait() }
            defer { door.signal() }
            let update = try Update.sample("t")
            let outcomes = Outcomes()
            outcomes.publish(Array(repeating: update, count: 8193), to: hub)
            try await eventually("one batch is taken") { outcomes.all.count == 1 }
            outcomes.publish([update], to: hub)
            try await loops[0].scheduleTask(in: .milliseconds(50)) {}.futureResult.get()
            #expect(outcomes.all.count == 1)
            #expect(log.batches == [8193])
            door.signal()
            try await eventually("the other is, too") { outcomes.all.count == 2 }
            #expect(log.batches == [8193, 1])
        }
    }

    @Test func `what was brought before the end is taken on every loop, what comes later is refused`() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let log = MemoryLog()
        let hub = Hub(log: log, eventLoopGroup: group)
        let loops = Array(group.makeIterator())
        let outcomes = Outcomes()
        let update = try Update.sample("t")
        // Before the hub runs, they wait.
        for loop in loops {
            try await loop.submit { for _ in 0..<5 { outcomes.publish([update], to: hub) } }.get()
        }
        #expect(outcomes.all.isEmpty)
        let running = Task { try await hub.run() }
        try await eventually("they are taken") { outcomes.ids.count == 10 }
        for loop in loops {
            try await loop.submit {
                for _ in 0..<5 { outcomes.publish([update], to: hub) }
                running.cancel()
            }.get()
        }
        try await running.value
        try await eventually("all are decided") { outcomes.all.count == 20 }
        #expect(
            outcomes.ids.compactMap { Position($0)?.sequence }.sorted() == (1...outcomes.ids.count).map { Int64($0) }
        )
        #expect(log.bounds.last == Int64(outcomes.ids.count))
        let refused = outcomes.errors.count
        for loop in loops {
            try await loop.submit { outcomes.publish([update], to: hub) }.get()
        }
        try await eventually("both are refused") { outcomes.errors.count == refused + 2 }
        guard case .log(let refusal) = outcomes.errors.last else { throw TimedOut(description: "another error") }
        #expect(refusal.code == .unavailable)
        try await group.shutdownGracefully()
    }
}
