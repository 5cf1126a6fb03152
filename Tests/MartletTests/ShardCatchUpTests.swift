import NIOCore
import NIOPosix
import ServerSentEvents
import Testing

@testable import Martlet

/// Readers whose place has left the tail.
@Suite(.timeLimit(.minutes(1))) struct ShardCatchUpTests {
    /// Publishes ten updates and joins at `cursor` on the hub's loop.
    private func joined(
        to hub: Hub,
        on group: MultiThreadedEventLoopGroup,
        at cursor: SequenceNumber
    ) async throws -> NIOLoopBound<ScriptedOutlet> {
        let loop = group.next()
        try await hub.publish((1...10).map { try .sample("a", data: "\($0)") })
        return try await loop.submit {
            let outlet = ScriptedOutlet()
            let start = ResumePoint(cursor: cursor)
            outlet.subscriber = hub.shard(on: loop).join(try .sample("a"), from: start, outlet: outlet)
            return NIOLoopBound(outlet, eventLoop: loop)
        }.get()
    }

    @Test func `who leaves while the log is being read gets nothing of it`() async throws {
        let log = ScriptedLog()
        log.reading.close()
        try await withHub(log: log, settings: Hub.Settings(tailBytes: 0)) { hub, group async throws in
            defer { log.reading.open() }
            let loop = group.next()
            let outlet = try await self.joined(to: hub, on: group, at: 0)
            try await loop.submit { hub.shard(on: loop).leave(outlet.value.subscriber!) }.get()
            log.reading.open()
            // A second one's page comes after the first one's.
            let other = try await self.joined(to: hub, on: group, at: 0)
            try await eventually("the other has all") {
                try await loop.submit { try other.value.events.count == 20 }.get()
            }
            #expect(try await loop.submit { outlet.value.writes.isEmpty }.get())
        }
    }

    @Test func `what comes while the log is being read is neither lost nor sent twice`() async throws {
        let log = ScriptedLog()
        log.reading.close()
        try await withHub(log: log, settings: Hub.Settings(tailBytes: 0)) { hub, group async throws in
            defer { log.reading.open() }
            let loop = group.next()
            let outlet = try await self.joined(to: hub, on: group, at: 3)
            for number in 11...30 { try await hub.publish([.sample("a", data: "\(number)")]) }
            log.reading.open()
            for number in 31...60 { try await hub.publish([.sample("a", data: "\(number)")]) }
            try await eventually("it has all") { try await loop.submit { try outlet.value.events.count >= 57 }.get() }
            let data = try await loop.submit { try outlet.value.events.map(\.data) }.get()
            #expect(data == (4...60).map { "\($0)" })
        }
    }

    @Test func `a log that can't be read ends the stream, since going on would lose what it holds`() async throws {
        let log = UnreadableLog()
        try await withHub(log: log, settings: Hub.Settings(tailBytes: 0)) { hub, group async throws in
            let loop = group.next()
            let outlet = try await self.joined(to: hub, on: group, at: 3)
            try await eventually("it is ended") { try await loop.submit { outlet.value.ends == [nil] }.get() }
            try await hub.publish([.sample("a")])
            #expect(try await loop.submit { outlet.value.writes.isEmpty }.get())
            await #expect(throws: UnreadableLog.error) { try await hub.checkLog() }
        }
    }
}

/// Takes everything and gives nothing back.
private final class UnreadableLog: EventLog {
    static let error = LogError(code: .unavailable, message: "Unreadable.")
    private let base = MemoryLog()
    var epoch: Epoch { self.base.epoch }
    var bounds: LogBounds { self.base.bounds }

    nonisolated(nonsending) func append(
        _ updates: [Update],
        bookmarks: [Bookmark]
    ) async throws(LogError) -> SequenceNumber {
        try await self.base.append(updates, bookmarks: bookmarks)
    }

    func page(after sequence: SequenceNumber, for interest: Interest, limit: PageLimit) async throws(LogError)
        -> LogPage
    {
        throw Self.error
    }

    func sequence(ofID id: String) async throws(LogError) -> SequenceNumber? { throw Self.error }
    func newest(for interest: Interest, limit: PageLimit) async throws(LogError) -> [LogEntry] { throw Self.error }
    func bookmark(_ name: Bookmark.Name) async throws(LogError) -> String? { throw Self.error }
}
