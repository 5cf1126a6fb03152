import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import Martlet

/// Where a subscriber begins that brings an id. The log holds 4 to 10; 6 has a publisher's id, 9 is private.
@Suite(.timeLimit(.minutes(1))) struct HistoryTests {
    private func history() async throws -> History {
        let log = MemoryLog(keep: Retention(updates: 7, age: nil), epoch: Epoch("k3f9xa")!)
        _ = try await log.append([.sample("a", id: "trimmed"), .sample("a"), .sample("a")])
        _ = try await log.append([.sample("a"), .sample("a"), .sample("a", id: "mine"), .sample("b")])
        _ = try await log.append([.sample("b"), .sample("secret", "a", isPrivate: true), .sample("c")])
        #expect(log.bounds == LogBounds(first: 4, last: 10))
        return History(log: log)
    }

    @Test(arguments: [
        // In what is kept, or right before it: exactly after it.
        ("k3f9xa-3", 3, "k3f9xa-3", nil),
        ("k3f9xa-4", 4, "k3f9xa-4", nil),
        ("k3f9xa-10", 10, "k3f9xa-10", nil),
        // Trimmed.
        ("k3f9xa-2", 3, "k3f9xa-3", Gap.Reason.trimmed),
        ("k3f9xa-0", 3, "k3f9xa-3", .trimmed),
        // Another log's: everything that is kept came later.
        ("abcdef-5", 3, "k3f9xa-3", .newEpoch),
        ("abcdef-9223372036854775807", 3, "k3f9xa-3", .newEpoch),
        // A publisher's.
        ("mine", 6, "mine", nil),
        // Unknown: after all there is, with the newest that it may see as its place.
        ("trimmed", 10, "mine", .unknownID),
        ("k3f9xa-11", 10, "mine", .unknownID),
        ("k3f9xa-9223372036854775807", 10, "mine", .unknownID),
        ("k3f9xa-99999999999999999999", 10, "mine", .unknownID),
        ("k3f9xa-04", 10, "mine", .unknownID),
        ("Earliest", 10, "mine", .unknownID),
        ("mine\0", 10, "mine", .unknownID),
        ("", 10, "mine", .unknownID),
        ("earliest", 3, "earliest", nil),
    ])
    func `an id is a place to begin, or a gap`(
        id: String,
        cursor: SequenceNumber,
        lastEventID: String,
        reason: Gap.Reason?
    ) async throws {
        let history = try await self.history()
        let point = try await history.resume(id: id, for: .sample("a"))
        #expect(point.cursor == cursor)
        #expect(point.lastEventID == lastEventID)
        #expect(point.gap == reason.map { Gap(requested: id, reason: $0, resumed: lastEventID) })
    }

    @Test func `private updates do not reveal themselves`() async throws {
        let history = try await self.history()
        #expect(try await history.resume(id: "?", for: .sample("a")).lastEventID == "mine")
        #expect(try await history.resume(id: "?", for: .sample("secret")).lastEventID == "earliest")
        #expect(try await history.resume(id: "?", for: .sample("secret", grants: ["b"])).lastEventID == "earliest")
        #expect(try await history.resume(id: "?", for: .sample("secret", grants: ["a"])).lastEventID == "k3f9xa-9")
    }

    @Test func `with nothing that matches, the place is the beginning`() async throws {
        let point = try await self.history().resume(id: "?", for: .sample("nothing"))
        #expect(point.cursor == 10)
        #expect(point.lastEventID == "earliest")
        #expect(point.gap?.resumed == "earliest")
    }

    @Test func `an empty log knows its beginning only`() async throws {
        let log = MemoryLog(epoch: Epoch("k3f9xa")!)
        let history = History(log: log)
        #expect(history.resumeAtOnce(id: "earliest")?.cursor == 0)
        #expect(history.resumeAtOnce(id: "k3f9xa-0")?.cursor == 0)
        #expect(history.resumeAtOnce(id: "k3f9xa-1") == nil)
        #expect(try await history.resume(id: "k3f9xa-1", for: .sample("a")).gap?.reason == .unknownID)
    }

    @Test func `a position of this log needs no reading`() async throws {
        let history = try await self.history()
        for id in ["k3f9xa-0", "k3f9xa-4", "k3f9xa-10", "earliest"] { #expect(history.resumeAtOnce(id: id) != nil) }
        for id in ["k3f9xa-11", "mine", "abcdef-1"] { #expect(history.resumeAtOnce(id: id) == nil) }
    }

    /// Whoever asked must be answered, or a request hangs until its peer gives up.
    @Test func `a resume asked of a hub that has ended is answered all the same`() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let hub = Hub(log: MemoryLog(), eventLoopGroup: group)
        let running = Task { try await hub.run() }
        running.cancel()
        try await running.value
        let isAnswered = Mutex(false)
        hub.resume(id: "unknown", for: try .sample("a")) { _ in isAnswered.withLock { $0 = true } }
        try await eventually("it is answered", within: .seconds(2)) { isAnswered.withLock { $0 } }
        try await group.shutdownGracefully()
    }
}

/// Publishers that know nothing of one another may give the same id.
@Suite(.timeLimit(.minutes(1))) struct SharedIDTests {
    @Test func `an id that many have given is no place for one whose own lies far back`() async throws {
        let log = MemoryLog()
        _ = try await log.append([.sample("users/42", id: "1"), .sample("users/42", id: "2")])
        _ = try await log.append((0..<101).map { try .sample("users/\($0 + 100)", id: "1") })
        let point = try await History(log: log).resume(id: "1", for: .sample("users/42"))
        // Update 2 may be missing, and it is said so.
        #expect(point.gap?.reason == .unknownID)
    }

    @Test func `of updates with the same id the one that was asked for is gone on from`() async throws {
        let log = MemoryLog(keep: Retention(updates: 5, age: nil))
        let history = History(log: log)
        _ = try await log.append([.sample("orders", id: "1"), .sample("orders", id: "2"), .sample("payments", id: "1")])
        #expect(try await history.resume(id: "1", for: .sample("orders")).cursor == 1)
        #expect(try await history.resume(id: "1", for: .sample("payments")).cursor == 3)
        // Of what is neither's nobody knows which was meant.
        let unknown = try await history.resume(id: "1", for: .sample("else"))
        #expect(unknown.gap?.reason == .unknownID)
        // One that was given once is a place, whoever's it is.
        let known = try await history.resume(id: "2", for: .sample("payments"))
        #expect(known.cursor == 2 && known.gap == nil)
        _ = try await log.append([.sample("a"), .sample("a"), .sample("a")])
        #expect(try await log.sequence(ofID: "1", for: .sample("orders")) == nil, "it was trimmed")
        #expect(try await log.sequence(ofID: "1", for: .sample("payments")) == 3)
    }
}
