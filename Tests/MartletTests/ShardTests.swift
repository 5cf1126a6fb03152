import NIOCore
import NIOEmbedded
import ServerSentEvents
import Testing

@testable import Martlet

/// A shard on a loop whose time stands still, with a log that nobody reads for it.
struct EmbeddedShard {
    let loop = EmbeddedEventLoop()
    let shard: Shard
    private let ownership: Ownership
    private let epoch = Epoch("k3f9xa")!

    init(_ settings: Hub.Settings = Hub.Settings(), owned: [OwnedTopics] = []) {
        self.ownership = Ownership(owned)
        self.shard = Shard(
            eventLoop: self.loop,
            head: 0,
            epoch: self.epoch,
            settings: settings,
            history: History(log: MemoryLog()),
            ownership: self.ownership
        )
    }

    func join(_ interest: Interest, from start: ResumePoint = .newcomer, _ outlet: ScriptedOutlet = ScriptedOutlet())
        -> ScriptedOutlet
    {
        outlet.subscriber = self.shard.join(interest, coding: outlet.coding, from: start, outlet: outlet)
        return outlet
    }

    func publish(_ updates: [Update]) {
        let start = self.shard.head + 1
        self.dispatch(updates.enumerated().map { (start + SequenceNumber($0), $1) })
    }

    /// One batch, of updates that the log has given these numbers.
    func dispatch(_ updates: [(sequence: SequenceNumber, update: Update)]) {
        self.shard.dispatch(
            updates.map { sequence, update in
                Entry(
                    LogEntry(position: Position(epoch: self.epoch, sequence: sequence), update: update),
                    isConflated: self.ownership.conflates(update.topics)
                )
            }
        )
    }
}

@Suite struct ShardTests {
    @Test func `what is published together is written together`() throws {
        let shard = EmbeddedShard()
        let outlet = shard.join(try .sample("a"))
        shard.publish(try (0..<10).map { try .sample("a", data: "\($0)") })
        #expect(outlet.writes.count == 1)
        #expect(try outlet.events.map(\.data) == (0..<10).map { "\($0)" })
        #expect(try outlet.events.map(\.lastEventID) == (1...10).map { "k3f9xa-\($0)" })
    }

    @Test func `a large batch is cut into writes, and one who can't take them reads on where it was`() throws {
        let shard = EmbeddedShard()
        var full: [SendResult] = [.taken, .full]
        let stuck = shard.join(try .sample("a"), ScriptedOutlet { full.isEmpty ? .taken : full.removeFirst() })
        let free = shard.join(try .sample("a"))
        shard.publish(try (0..<10).map { try .sample("a", data: "\($0)" + String(repeating: "x", count: 60_000)) })
        #expect(free.writes.count == 5)
        #expect(stuck.writes.count == 2)
        stuck.drain()
        shard.shard.roomAvailable(for: try #require(stuck.subscriber))
        shard.loop.run()
        #expect(try stuck.events == free.events)
        #expect(try free.events.count == 10)
    }

    @Test func `who matches in two ways gets one copy`() throws {
        let shard = EmbeddedShard()
        let outlet = shard.join(try .sample("a", "b", "c"))
        let all = shard.join(try .sample("*"))
        shard.publish([try .sample("a", "b"), try .sample("b", "a", "a"), try .sample("c")])
        #expect(try outlet.events.count == 3)
        #expect(try all.events.count == 3)
    }

    @Test func `nothing private reaches one without a grant`() throws {
        let shard = EmbeddedShard()
        let without = try ["a", "*"].map { shard.join(try .sample($0)) }
        let other = shard.join(try .sample("a", grants: ["b"]))
        let with = try [["a"], ["*"], ["alias"]].map {
            shard.join(Interest(selectors: [try Selector("a")], grants: try $0.map { try Selector($0) }))
        }
        shard.publish([try .sample("a", "alias", data: "secret", isPrivate: true), try .sample("a", data: "open")])
        for outlet in without + [other] { #expect(try outlet.events.map(\.data) == ["open"]) }
        for outlet in with { #expect(try outlet.events.map(\.data) == ["secret", "open"]) }
        // From the tail.
        #expect(try shard.join(try .sample("a"), from: ResumePoint(cursor: 0)).events.map(\.data) == ["open"])
        #expect(
            try shard.join(try .sample("a", grants: ["a"]), from: ResumePoint(cursor: 0)).events.map(\.data) == [
                "secret", "open",
            ]
        )
    }

    @Test func `publishing to one topic touches nobody else, however many there are`() throws {
        let shard = EmbeddedShard()
        let others = try (0..<10_000).map { shard.join(try .sample("other/\($0)")) }
        let one = shard.join(try .sample("one", "other/7"))
        shard.publish([try .sample("one")])
        #expect(one.writes.count == 1)
        #expect(others.allSatisfy { $0.writes.isEmpty })
        #expect(shard.shard.touched.isEmpty)
        shard.publish([try .sample("other/7"), try .sample("one")])
        #expect(others.count { !$0.writes.isEmpty } == 1)
        #expect(one.writes.count == 2)
        #expect(shard.shard.counters.deliveries == 4)
    }

    @Test func `the index forgets who leaves, in any order`() throws {
        var random = SeededGenerator(seed: 1)
        let shard = EmbeddedShard()
        var outlets: [ScriptedOutlet] = []
        var traffic = RandomTraffic(seed: 1)
        for _ in 0..<500 {
            if random.chance(60) {
                outlets.append(shard.join(try traffic.interest()))
            } else if let outlet = outlets.indices.randomElement(using: &random).map({ outlets.remove(at: $0) }) {
                shard.shard.leave(try #require(outlet.subscriber))
                shard.shard.leave(try #require(outlet.subscriber))
            }
            let update = try traffic.update(0)
            let before = outlets.map(\.writes.count)
            shard.publish([update])
            for (outlet, before) in zip(outlets, before) {
                let interest = try #require(outlet.subscriber).cohort.interest
                #expect(outlet.writes.count - before == (LogModel.isFor(interest, update) ? 1 : 0))
            }
        }
        #expect(shard.shard.counters.streams == outlets.count)
        for outlet in outlets { shard.shard.leave(try #require(outlet.subscriber)) }
        #expect(shard.shard.counters.streams == 0)
        #expect(shard.shard.index.isEmpty)
        #expect(shard.shard.slices.allSatisfy { $0.isEmpty })
    }

    @Test func `a peer that is gone is sent nothing more`() throws {
        let shard = EmbeddedShard()
        let gone = shard.join(try .sample("a"), ScriptedOutlet { .closed })
        let here = shard.join(try .sample("a"))
        for _ in 0..<3 { shard.publish([try .sample("a")]) }
        #expect(gone.violations.isEmpty)
        shard.shard.leave(try #require(gone.subscriber))
        #expect(here.writes.count == 3)
        #expect(shard.shard.waiting.isEmpty)
    }

    @Test func `a batch that was seen is not sent again`() throws {
        let shard = EmbeddedShard()
        let outlet = shard.join(try .sample("a"))
        let entry = Entry(LogEntry(position: Position("k3f9xa-1")!, update: try .sample("a")))
        shard.shard.dispatch([entry])
        shard.shard.dispatch([entry])
        shard.shard.dispatch([])
        #expect(outlet.writes.count == 1)
    }

    @Test func `one whose place lies ahead gets what stands after it`() throws {
        let shard = EmbeddedShard()
        let outlet = shard.join(try .sample("a"), from: ResumePoint(cursor: 2, lastEventID: "k3f9xa-2"))
        #expect(shard.shard.ahead.count == 1)
        shard.publish([try .sample("a", data: "1")])
        shard.publish([try .sample("a", data: "2"), try .sample("a", data: "3")])
        #expect(shard.shard.ahead.isEmpty)
        shard.publish([try .sample("a", data: "4")])
        #expect(try outlet.events.map(\.data) == ["3", "4"])
        let other = shard.join(try .sample("a"), from: ResumePoint(cursor: 9, lastEventID: "k3f9xa-9"))
        shard.shard.leave(try #require(other.subscriber))
        #expect(shard.shard.ahead.isEmpty)
    }

    @Test func `of a batch with a hole, what comes before it is sent`() throws {
        let shard = EmbeddedShard()
        let outlet = shard.join(try .sample("a"))
        let other = shard.join(try .sample("b"))
        shard.dispatch(try [1, 2, 4].map { ($0, try .sample("a", data: "\($0)")) })
        // The rest is read from the log, where the hole is.
        #expect(try outlet.events.map(\.data) == ["1", "2"])
        for outlet in [outlet, other] {
            guard case .waitingForLog = try #require(outlet.subscriber).state else {
                Issue.record("it does not read")
                continue
            }
            #expect(outlet.subscriber?.cursor == 2)
        }
    }

    @Test func `a gap comes before anything else, also if the socket is full at once`() throws {
        let shard = EmbeddedShard()
        shard.publish([try .sample("a", data: "1"), try .sample("a", data: "2")])
        let gap = Gap(requested: "x", reason: .unknownID, resumed: "k3f9xa-1")
        let start = ResumePoint(cursor: 1, lastEventID: "k3f9xa-1", gap: gap)
        let free = shard.join(try .sample("a"), from: start)
        var full: [SendResult] = [.full]
        let stuck = shard.join(
            try .sample("a"),
            from: start,
            ScriptedOutlet { full.isEmpty ? .taken : full.removeFirst() }
        )
        #expect(try stuck.events.map(\.type) == ["martlet:gap"])
        stuck.drain()
        shard.shard.roomAvailable(for: try #require(stuck.subscriber))
        for outlet in [free, stuck] {
            #expect(try outlet.events.map(\.type) == ["martlet:gap", "message"])
            #expect(try outlet.events.map(\.lastEventID) == ["k3f9xa-1", "k3f9xa-2"])
            #expect(outlet.violations.isEmpty)
        }
        #expect(shard.shard.counters.gaps == 2)
    }

    @Test func `the tail keeps to its bytes`() throws {
        let shard = EmbeddedShard(Hub.Settings(tailBytes: 5000))
        for _ in 0..<100 {
            shard.publish([try .sample("a", data: String(repeating: "x", count: 300))])
            #expect(shard.shard.tail.cost <= 5000)
        }
        #expect(shard.shard.tail.count > 5)
        #expect(shard.shard.head == 100)
    }

    /// One large batch must not leave its size behind in every cohort that it touched.
    @Test func `a burst leaves no memory behind`() throws {
        let shard = EmbeddedShard()
        let outlets = try (0..<10).map { shard.join(try .sample("news", "own/\($0)")) }
        shard.publish(try (0..<8000).map { _ in try .sample("news") })
        for outlet in outlets {
            guard case .nothing = try #require(outlet.subscriber).cohort.matched else {
                Issue.record("a cohort keeps what was noted with it")
                continue
            }
            #expect(outlet.writes.count > 0)
        }
    }
}
