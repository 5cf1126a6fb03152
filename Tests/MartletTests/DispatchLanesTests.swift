import Dispatch
import NIOCore
import NIOPosix
import ServerSentEvents
import Synchronization
import Testing

@testable import Martlet

@Suite("What was appended, on its way to shards", .timeLimit(.minutes(1)))
struct DispatchLanesTests {
    private func batch(_ numbers: ClosedRange<SequenceNumber>) throws -> DispatchLanes.Batch {
        let epoch = Epoch.random()
        let entries = try numbers.map { number in
            Entry(LogEntry(position: Position(epoch: epoch, sequence: number), update: try .sample("t")))
        }
        return DispatchLanes.Batch(entries: entries, since: .now())
    }

    private func numbers(_ batch: DispatchLanes.Batch?) -> [SequenceNumber] { batch?.entries.map(\.sequence) ?? [] }

    @Test func `what comes before its turn waits for it`() throws {
        let lanes = DispatchLanes(count: 2)
        lanes.setFollowed(true, 0)
        lanes.setFollowed(true, 1)
        let turns = [5, 7, 7, 8].map { number in lanes.inOrder { number } }
        #expect(turns.map(\.turn) == [0, 1, 2, 3])
        #expect(turns.map(\.first) == [5, 7, 7, 8])
        #expect(lanes.add(try self.batch(8...9), turn: 3, from: 1) == [])
        #expect(lanes.add(try self.batch(7...7), turn: 2, from: 0) == [])
        #expect(self.numbers(lanes.take(0)).isEmpty)
        // Whose loop was too early is told to look, since it has looked already.
        #expect(lanes.add(try self.batch(5...6), turn: 0, from: 0) == [1])
        #expect(self.numbers(lanes.take(0)) == [5, 6])
        #expect(self.numbers(lanes.take(0)).isEmpty)
        // Nothing is a turn too.
        #expect(lanes.add(DispatchLanes.Batch(entries: [], since: .now()), turn: 1, from: 0) == [])
        #expect(self.numbers(lanes.take(0)) == [7, 8, 9])
        #expect(self.numbers(lanes.take(1)) == [5, 6, 7, 8, 9])
    }

    @Test func `a shard is told once, until it has looked and found nothing more`() throws {
        let lanes = DispatchLanes(count: 2)
        lanes.setFollowed(true, 1)
        #expect(lanes.add(try self.batch(1...1), turn: 0, from: 0) == [1])
        #expect(lanes.add(try self.batch(2...2), turn: 1, from: 0) == [])
        #expect(self.numbers(lanes.take(1)) == [1, 2])
        #expect(lanes.add(try self.batch(3...3), turn: 2, from: 0) == [])
        #expect(self.numbers(lanes.take(1)) == [3])
        #expect(self.numbers(lanes.take(1)).isEmpty)
        #expect(lanes.add(try self.batch(4...4), turn: 3, from: 0) == [1])
    }

    @Test func `one that takes only once is told of what comes then`() throws {
        let lanes = DispatchLanes(count: 2)
        lanes.setFollowed(true, 1)
        #expect(lanes.add(try self.batch(1...1), turn: 0, from: 1) == [])
        #expect(self.numbers(lanes.take(1, isLast: true)) == [1])
        #expect(lanes.add(try self.batch(2...2), turn: 1, from: 0) == [1])
    }

    @Test func `a shard that nobody follows is told of many at once`() throws {
        let lanes = DispatchLanes(count: 2)
        #expect(lanes.add(try self.batch(1...511), turn: 0, from: 0) == [])
        #expect(lanes.add(try self.batch(512...512), turn: 1, from: 0) == [1])
        #expect(self.numbers(lanes.take(1)) == Array(1...512))
    }

    @Test func `publishers wait for a full lane, and are told when it has room`() throws {
        let lanes = DispatchLanes(count: 2)
        _ = lanes.add(try self.batch(1...8193), turn: 0, from: 0)
        let told = Atomic(0)
        #expect(!lanes.hasRoom { told.add(1, ordering: .relaxed) })
        _ = lanes.take(0)
        #expect(told.load(ordering: .relaxed) == 0)
        _ = lanes.take(1)
        #expect(told.load(ordering: .relaxed) == 1)
        #expect(lanes.hasRoom {})
    }

    @Test func `what is published once a newcomer may know that he has begun is for him, though his shard slept`()
        async throws
    {
        try await withHub(log: MemoryLog(), loops: 2) { hub, group async throws in
            let loops = Array(group.makeIterator())
            try await hub.publish(.sample("t", data: "1"))
            let published = DispatchSemaphore(value: 0)
            let outlet = try await loops[1].submit {
                let shard = hub.shard(on: loops[1])
                let start = shard.placed(.newcomer)
                // He has the head of his response, and has somebody publish.
                let update = try Update.sample("t", data: "2")
                loops[0].execute { hub.publish([update]) { _ in published.signal() } }
                published.wait()
                let outlet = ScriptedOutlet()
                outlet.subscriber = shard.join(try .sample("t"), from: start, outlet: outlet)
                return NIOLoopBound(outlet, eventLoop: loops[1])
            }.get()
            try await hub.publish(.sample("t", data: "3"))
            try await eventually("both come") {
                try await loops[1].submit { try outlet.value.events.map(\.data) == ["2", "3"] }.get()
            }
        }
    }

    @Test func `updates that somebody else has put into the log stop nobody`() async throws {
        let log = MemoryLog()
        try await withHub(log: log, loops: 2) { hub, group async throws in
            let loop = group.next()
            let outlet = try await loop.submit {
                let outlet = ScriptedOutlet()
                outlet.subscriber = hub.shard(on: loop).join(try .sample("t"), from: .newcomer, outlet: outlet)
                return NIOLoopBound(outlet, eventLoop: loop)
            }.get()
            _ = try await log.append([.sample("t", data: "1")], bookmarks: [])
            try await hub.publish(.sample("t", data: "2"))
            try await eventually("both come") {
                try await loop.submit { try outlet.value.events.map(\.data) == ["1", "2"] }.get()
            }
        }
    }

    @Test func `whoever joins a shard that slept, or asks it, finds it awake`() async throws {
        try await withHub(log: MemoryLog(), loops: 2) { hub, group async throws in
            let loops = Array(group.makeIterator())
            for number in 1...10 { try await hub.publish(.sample("t", data: "\(number)")) }
            // The first is the publishers'.
            #expect(try await loops[1].submit { hub.shard(on: loops[1]).head }.get() == 0)
            #expect(try await hub.counters().map(\.updates) == [10, 10])

            for number in 11...20 { try await hub.publish(.sample("t", data: "\(number)")) }
            let outlet = try await loops[1].submit {
                let outlet = ScriptedOutlet()
                #expect(hub.shard(on: loops[1]).head == 10)
                outlet.subscriber = hub.shard(on: loops[1]).join(try .sample("t"), from: .newcomer, outlet: outlet)
                #expect(hub.shard(on: loops[1]).head == 20)
                return NIOLoopBound(outlet, eventLoop: loops[1])
            }.get()
            try await hub.publish(.sample("t", data: "21"))
            try await eventually("it gets what comes") {
                try await loops[1].submit { try outlet.value.events.map(\.data) == ["21"] }.get()
            }
            try await loops[1].submit { outlet.value.subscriber.map { hub.shard(on: loops[1]).leave($0) } }.get()
            try await hub.publish(.sample("t", data: "22"))
            #expect(try await loops[1].submit { hub.shard(on: loops[1]).head }.get() == 21)
        }
    }
}
