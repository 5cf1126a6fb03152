import Foundation
import NIOCore
import NIOPosix
import ServerSentEvents
import Synchronization
import Testing

@testable import Martlet

@Suite(.timeLimit(.minutes(2))) struct HubPublishTests {
    private let everything = PageLimit(updates: .max >> 1, bytes: .max)

    @Test(arguments: [1, 3])
    func `each publisher's updates stand next to each other in the log, without holes`(loops: Int) async throws {
        let log = MemoryLog()
        try await withHub(log: log, loops: loops) { hub, _ async throws in
            let ranges = try await withThrowingTaskGroup(of: (Int, [String]).self) { tasks in
                for publisher in 0..<200 {
                    tasks.addTask {
                        (publisher, try await hub.publish((0..<5).map { try .sample("t", data: "\(publisher).\($0)") }))
                    }
                }
                return try await tasks.reduce(into: [:]) { $0[$1.0] = $1.1 }
            }
            let page = try await log.page(after: 0, for: .sample("t"), limit: self.everything)
            #expect(page.entries.map(\.position.sequence) == Array(1...1000))
            for (publisher, ids) in ranges {
                let first = try #require(Position(ids[0])).sequence
                let stored = page.entries[Int(first) - 1..<Int(first) + 4]
                #expect(stored.map(\.update.data) == (0..<5).map { "\(publisher).\($0)" })
                #expect(stored.map(\.id) == ids)
            }
        }
    }

    @Test func `publishing nothing answers nothing`() async throws {
        try await withHub(log: MemoryLog()) { hub, _ async throws in
            #expect(try await hub.publish([]) == [])
            #expect(try await hub.publish([.sample("t")]).first?.hasSuffix("-1") == true)
            #expect(try await hub.publish([]) == [])
        }
    }

    @Test func `what comes while the log is busy is its next batch`() async throws {
        let log = ScriptedLog(diskIsOpen: false)
        try await withHub(log: log) { hub, _ async throws in
            defer { log.disk.open() }
            let outcomes = Outcomes()
            outcomes.publish([try .sample("t")], to: hub)
            try await eventually("the first batch") { log.batches == [1] }
            for _ in 0..<100 { outcomes.publish([try .sample("t"), try .sample("t")], to: hub) }
            #expect(outcomes.all.isEmpty)
            log.disk.open()
            try await eventually("all are acknowledged") { outcomes.all.count == 101 }
            #expect(log.batches == [1, 200])
            #expect(outcomes.ids.compactMap { Position($0)?.sequence } == Array(1...201))
        }
    }

    @Test func `a batch has a limit, which one publisher alone may pass`() async throws {
        let log = ScriptedLog(diskIsOpen: false)
        try await withHub(log: log) { hub, _ async throws in
            defer { log.disk.open() }
            let outcomes = Outcomes()
            let update = try Update.sample("t")
            outcomes.publish([update], to: hub)
            try await eventually("the first batch") { log.batches == [1] }
            for count in [5000, 5000, 10_000, 8000, 100, 92, 1] {
                outcomes.publish(Array(repeating: update, count: count), to: hub)
            }
            log.disk.open()
            try await eventually("all are acknowledged") { outcomes.all.count == 8 }
            #expect(log.batches == [1, 5000, 5000, 10_000, 8192, 1])
            #expect(outcomes.errors.isEmpty)
        }
    }

    @Test func `a batch that the log refuses is refused to all in it, and to nobody else`() async throws {
        let error = LogError(code: .full, message: "The disk is full.")
        let log = ScriptedLog(diskIsOpen: false, failing: { $0 == 2 ? error : nil })
        try await withHub(log: log) { hub, _ async throws in
            defer { log.disk.open() }
            let first = Outcomes()
            let second = Outcomes()
            first.publish([try .sample("t", data: "a")], to: hub)
            try await eventually("the first batch") { log.batches == [1] }
            for _ in 0..<10 { second.publish([try .sample("t", data: "b")], to: hub) }
            log.disk.open()
            try await eventually("both are decided") { first.all.count == 1 && second.all.count == 10 }
            #expect(first.errors.isEmpty)
            #expect(second.errors == Array(repeating: .log(error), count: 10))
            await #expect(throws: error) { try await hub.checkLog() }
            #expect(try await hub.publish([.sample("t", data: "c")]).compactMap { Position($0)?.sequence } == [2])
            try await hub.checkLog()
            #expect(
                try await log.base.page(after: 0, for: .sample("t"), limit: self.everything).entries.map(\.update.data)
                    == ["a", "c"]
            )
        }
    }

    @Test func `publishers hear of a log that does not keep up`() async throws {
        let error = LogError(code: .unavailable, message: "Broken.")
        let log = ScriptedLog(diskIsOpen: false, failing: { _ in error })
        try await withHub(log: log) { hub, _ async throws in
            defer { log.disk.open() }
            let outcomes = Outcomes()
            let large = try Update.sample("t", data: String(repeating: "x", count: 64 << 20))
            outcomes.publish([large], to: hub)
            try await eventually("the first batch") { log.batches == [1] }
            // The one that passes the limit is still taken.
            for _ in 0..<4 { outcomes.publish([large], to: hub) }
            #expect(outcomes.all.isEmpty)
            outcomes.publish([try .sample("t")], to: hub)
            try await eventually("one is refused") { outcomes.all.count == 1 }
            guard case .log(let refusal) = outcomes.errors.first else { throw TimedOut(description: "no error") }
            #expect(refusal.code == .unavailable)
            #expect(refusal.message.contains("does not keep up"))
            log.disk.open()
            try await eventually("all are decided") { outcomes.all.count == 6 }
            // It was its queue that was full: now there is room.
            outcomes.publish([try .sample("t")], to: hub)
            try await eventually("another try") { outcomes.errors.last == .log(error) && outcomes.all.count == 7 }
        }
    }

    @Test func `what was accepted before the end is kept, what comes later is refused`() async throws {
        let log = ScriptedLog(diskIsOpen: false)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let hub = Hub(log: log, eventLoopGroup: group)
        let running = Task { try await hub.run() }
        let outcomes = Outcomes()
        outcomes.publish([try .sample("t")], to: hub)
        try await eventually("the first batch") { log.batches == [1] }
        for _ in 0..<10 { outcomes.publish([try .sample("t")], to: hub) }
        running.cancel()
        try await eventually("it takes no more") {
            outcomes.publish([try .sample("t")], to: hub)
            return !outcomes.errors.isEmpty
        }
        log.disk.open()
        try await running.value
        try await eventually("all are decided") { log.bounds.last == SequenceNumber(outcomes.ids.count) }
        let accepted = outcomes.ids.count
        #expect(accepted >= 11)
        #expect(outcomes.ids.compactMap { Position($0)?.sequence } == (1...accepted).map { SequenceNumber($0) })
        let error = await #expect(throws: PublishError.self) { try await hub.publish([.sample("t")]) }
        guard case .log(let refusal) = error else { throw TimedOut(description: "another error") }
        #expect(refusal.code == .unavailable)
        #expect(log.bounds.last == SequenceNumber(accepted))
        try await group.shutdownGracefully()
    }

    @Test func `a hub ends though publishers have more whenever they are answered, and the disk is slow`() async throws
    {
        let log = ScriptedLog(failing: { _ in
            Thread.sleep(forTimeInterval: 0.002)
            return nil
        })
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let hub = Hub(log: log, eventLoopGroup: group)
        let running = Task { try await hub.run() }
        try await withThrowingTaskGroup { tasks in
            for _ in 0..<8 {
                tasks.addTask { while (try? await hub.publish([.sample("t")])) != nil {} }
            }
            try await eventually("it publishes") { log.bounds.last > 20 }
            running.cancel()
            try await running.value
        }
        try await group.shutdownGracefully()
    }

    @Test func `what waited for a hub that ends as it begins is taken, though the disk is slow`() async throws {
        let log = ScriptedLog(failing: { _ in
            Thread.sleep(forTimeInterval: 0.01)
            return nil
        })
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let hub = Hub(log: log, eventLoopGroup: group)
        let outcomes = Outcomes()
        for _ in 0..<3 { outcomes.publish([try .sample("t")], to: hub) }
        let running = Task { try await hub.run() }
        running.cancel()
        try await running.value
        #expect(outcomes.ids.compactMap { Position($0)?.sequence } == [1, 2, 3])
        try await group.shutdownGracefully()
    }

    @Test func `what was published before the hub ran is taken when it does`() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let hub = Hub(log: MemoryLog(), eventLoopGroup: group)
        let outcomes = Outcomes()
        outcomes.publish([try .sample("t")], to: hub)
        outcomes.publish([try .sample("t")], to: hub)
        let running = Task { try await hub.run() }
        try await eventually("they are published") { outcomes.ids.count == 2 }
        running.cancel()
        try await running.value
        try await group.shutdownGracefully()
    }

    @Test func `an id of the form that the log gives is refused, with all that came with it`() async throws {
        let log = MemoryLog(epoch: Epoch("k3f9xa")!)
        try await withHub(log: log) { hub, _ async throws in
            await #expect(throws: PublishError.reservedID("k3f9xa-7")) {
                try await hub.publish([.sample("t"), .sample("t", id: "k3f9xa-7")])
            }
            #expect(log.bounds.last == 0)
            // Not the canonical form, or another log's: such an id is never given.
            for id in ["k3f9xa-07", "other-7", "k3f9xa", "k3f9xa-99999999999999999999"] {
                #expect(try await hub.publish([.sample("t", id: id)]) == [id])
            }
        }
    }

    @Test func `every loop's subscribers get everything, in order`() async throws {
        try await withHub(log: MemoryLog(), loops: 3) { hub, group async throws in
            let loops = Array(group.makeIterator())
            let outlets = loops.map { loop in
                loop.submit {
                    let outlet = ScriptedOutlet()
                    outlet.subscriber = hub.shard(on: loop).join(try .sample("t"), from: .newcomer, outlet: outlet)
                    return NIOLoopBound(outlet, eventLoop: loop)
                }
            }
            var bound: [NIOLoopBound<ScriptedOutlet>] = []
            for outlet in outlets { bound.append(try await outlet.get()) }
            try await withThrowingDiscardingTaskGroup { tasks in
                for publisher in 0..<20 {
                    tasks.addTask {
                        for number in 0..<20 { try await hub.publish([.sample("t", data: "\(publisher).\(number)")]) }
                    }
                }
            }
            for (loop, outlet) in zip(loops, bound) {
                try await eventually("loop's subscriber has all") {
                    try await loop.submit { try outlet.value.events.count == 400 }.get()
                }
                let ids = try await loop.submit { try outlet.value.events.map(\.lastEventID) }.get()
                #expect(ids.compactMap { Position($0)?.sequence } == Array(1...400))
            }
            let counters = try await hub.counters()
            #expect(counters.map(\.streams) == [1, 1, 1])
            #expect(counters.map(\.deliveries) == [400, 400, 400])
            #expect(counters.map(\.updates) == [400, 400, 400])
        }
    }
}
