import NIOCore
import ServerSentEvents
import Testing

@testable import Martlet

/// What newcomers are told of topics of which only the newest update counts.
@Suite struct ShardConflationTests {
    private let shard: EmbeddedShard

    init() throws {
        let values = OwnedTopics(of: "v", selector: try Selector("values/{name}"), isPublic: true, isConflated: true)
        self.shard = EmbeddedShard(owned: [values])
    }

    private func value(_ name: String, _ data: String) throws -> Update { try .sample("values/\(name)", data: data) }

    @Test(
        "Whoever begins where the log is ahead of the shard gets what comes in between, and no old value instead",
        arguments: [
            ResumePoint(cursor: 3, lastEventID: "y", gap: Gap(requested: "x", reason: .unknownID, resumed: "y")),
            ResumePoint(cursor: 3, lastEventID: Update.earliest),
        ]
    )
    func ahead(start: ResumePoint) throws {
        self.shard.publish([try self.value("a", "old"), try .sample("other")])
        // The log has the third, and the shard has not been told of it.
        let outlet = self.shard.join(try .sample("values/a"), from: start)
        let another = self.shard.join(try .sample("values/b"), from: start)
        // Nobody is told of a gap without the values that come with it.
        #expect(outlet.writes.isEmpty && another.writes.isEmpty)
        self.shard.publish([try self.value("b", "1")])
        for (outlet, data) in [(outlet, "old"), (another, "1")] {
            #expect(outlet.writes.count == 1)
            #expect(try outlet.events.map(\.type).contains("martlet:gap") == (start.gap != nil))
            #expect(try outlet.events.filter { $0.type == "message" }.map(\.data) == [data])
            #expect(String(buffer: outlet.writes[outlet.writes.count - 1]).contains("id: k3f9xa-3\n"))
        }
        self.shard.publish([try self.value("a", "new")])
        #expect(try outlet.events.filter { $0.type == "message" }.map(\.data) == ["old", "new"])
        guard case .live = try #require(outlet.subscriber).state else { throw TimedOut(description: "it is not live") }
    }

    @Test func `a newcomer, too, though his backlog was read where the log is ahead`() throws {
        self.shard.publish([try self.value("a", "old"), try .sample("other")])
        let outlet = self.shard.join(try .sample("values/a"), from: ResumePoint(cursor: 3))
        #expect(try outlet.events.map(\.data) == ["old"])
        self.shard.publish([try self.value("a", "new")])
        #expect(try outlet.events.map(\.data) == ["old", "new"])
    }

    @Test func `of a backlog only what the shard has been told of is sent at once, the rest comes once`() throws {
        self.shard.publish([try .sample("lines", data: "1")])
        let epoch = self.shard.shard.epoch
        let backlog = try [1, 2].map { sequence in
            let update = try Update.sample("lines", data: "\(sequence)")
            let entry = LogEntry(position: Position(epoch: epoch, sequence: SequenceNumber(sequence)), update: update)
            return (sequence: entry.position.sequence, frame: entry.frame)
        }
        let outlet = self.shard.join(try .sample("lines"), from: ResumePoint(cursor: 2, backlog: backlog))
        #expect(try outlet.events.map(\.data) == ["1"])
        self.shard.publish([try .sample("lines", data: "2")])
        #expect(try outlet.events.map(\.data) == ["1", "2"])
    }

    @Test func `who is told of a gap and then of old values comes back with the place he was at`() throws {
        self.shard.publish(try [self.value("a", "1")] + (2...9).map { try .sample("other", data: "\($0)") })
        let gap = Gap(requested: "x", reason: .trimmed, resumed: "k3f9xa-7")
        let start = ResumePoint(cursor: 7, lastEventID: "k3f9xa-7", gap: gap)
        let outlet = self.shard.join(try .sample("values/a"), from: start)
        #expect(try outlet.events.map(\.data).last == "1")
        #expect(String(buffer: outlet.writes[0]).hasSuffix("id: k3f9xa-1\ndata: 1\n\nid: k3f9xa-7\n\n"))
    }

    @Test func `what is forgotten is so though the shard has not been told of it yet`() throws {
        self.shard.publish([try self.value("a", "1"), try self.value("b", "1")])
        self.shard.shard.forget([try Topic("values/a")], through: 4)
        self.shard.publish([try self.value("a", "2"), try self.value("b", "2")])
        #expect(try self.shard.join(try .sample("values/a")).events.isEmpty)
        #expect(try self.shard.join(try .sample("values/b")).events.map(\.data) == ["2"])
        #expect(self.shard.shard.forgotten.isEmpty)
        self.shard.publish([try self.value("a", "3")])
        #expect(try self.shard.join(try .sample("values/a")).events.map(\.data) == ["3"])
    }

    @Test func `what was published after the order to forget stays`() throws {
        self.shard.publish([try self.value("a", "1"), try self.value("a", "2")])
        self.shard.shard.forget([try Topic("values/a")], through: 1)
        #expect(try self.shard.join(try .sample("values/a")).events.map(\.data) == ["2"])
    }
}
