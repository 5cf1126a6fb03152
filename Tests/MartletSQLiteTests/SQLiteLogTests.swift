import Foundation
import GRDB
import Martlet
import Testing

@testable import MartletSQLite

@Suite(.timeLimit(.minutes(5))) struct SQLiteLogTests {
    private let folder: TemporaryFolder
    private let everything = PageLimit(updates: 1_000_000, bytes: .max)

    init() throws {
        self.folder = try TemporaryFolder()
    }

    @Test(arguments: 0..<10)
    func `it answers as the model does`(seed: Int) async throws {
        let log = try SQLiteLog(path: self.folder.file(), keep: Retention(updates: 20 + seed * 10, age: nil))
        try await compareWithModel(log, seed: seed, steps: 150) { _ = try await log.trimStep() }
    }

    /// Promise 1: what was acknowledged survives the loss of power. SQLite writes the disk's cache out at each commit in
    /// WAL mode only with `FULL` (2); `NORMAL` (1) is what GRDB sets.
    @Test func `a commit reaches the disk before it is acknowledged`() async throws {
        let log = try SQLiteLog(path: self.folder.file())
        let (journal, synchronous) = try await log.pool.writeWithoutTransaction { db in
            (try String.fetchOne(db, sql: "PRAGMA journal_mode"), try Int.fetchOne(db, sql: "PRAGMA synchronous"))
        }
        #expect(journal == "wal")
        #expect(synchronous == 2)
    }

    @Test func `what was appended is there after reopening, under the same epoch`() async throws {
        let updates = [
            try Update(
                topics: [Topic("a"), Topic("b"), Topic("a")],
                data: "one\ntwo\0three",
                id: "mine",
                type: "notice",
                retry: 5
            ),
            try Update(topic: Topic("caf\u{E9}"), data: "", isPrivate: true),
            try Update(topic: Topic("cafe\u{301}"), data: "∞👩‍👩‍👧e\u{301}", id: "0123", retry: 0),
            try Update(topic: Topic("a"), data: "'; DROP TABLE entry; --", id: "' OR 1=1 --", type: "%s"),
        ]
        let epoch: Epoch
        do {
            let log = try SQLiteLog(path: self.folder.file())
            epoch = log.epoch
            #expect(log.bounds == LogBounds(first: 1, last: 0))
            #expect(try await log.append(updates) == 1)
        }
        let log = try await self.folder.reopened { try SQLiteLog(path: self.folder.file()) }
        #expect(log.epoch == epoch)
        #expect(log.bounds == LogBounds(first: 1, last: 4))
        let all = Interest(selectors: [.everything], grants: [.everything])
        let page = try await log.page(after: 0, for: all, limit: self.everything)
        #expect(page.entries.map(\.position) == (1...4).map { Position(epoch: epoch, sequence: $0) })
        for (entry, update) in zip(page.entries, updates) {
            #expect(Array(entry.update.data.utf8) == Array(update.data.utf8))
            #expect(
                entry.update.id == update.id && entry.update.type == update.type && entry.update.retry == update.retry
            )
            #expect(entry.update.isPrivate == update.isPrivate)
        }
        #expect(page.entries[0].update.topics == [try Topic("a"), try Topic("b")])
        #expect(page.entries[1].update.topics != page.entries[2].update.topics, "they look alike, but are not the same")
        #expect(try await log.page(after: 0, for: .sample("cafe\u{301}"), limit: self.everything).entries.count == 1)
        #expect(try await log.sequence(ofID: "0123") == 3)
        #expect(try await log.sequence(ofID: "123") == nil)
        #expect(try await log.append([.sample("a")]) == 5)
    }

    @Test func `an update without data is an update`() async throws {
        let log = try SQLiteLog(path: self.folder.file())
        #expect(try await log.append([.sample("a", data: ""), .sample("a", data: "x")]) == 1)
        let page = try await log.page(after: 0, for: .sample("a"), limit: self.everything)
        #expect(page.entries.map(\.update.data) == ["", "x"])
    }

    /// The text comes from a URL; what SQLite's C strings end at must not make it another id.
    @Test(arguments: ["mine\0", "mine\0\r\nSet-Cookie: a=b", "\0", "Mine", "mine "])
    func `another id is not found`(id: String) async throws {
        let log = try SQLiteLog(path: self.folder.file())
        _ = try await log.append([.sample("a", id: "mine"), .sample("a")])
        #expect(try await log.sequence(ofID: "mine") == 1)
        #expect(try await log.sequence(ofID: id) == nil)
    }

    @Test func `nothing appended is nothing changed`() async throws {
        let log = try SQLiteLog(path: self.folder.file())
        #expect(try await log.append([]) == 1)
        #expect(log.bounds == LogBounds(first: 1, last: 0))
        #expect(try await log.append([.sample("a")]) == 1)
    }

    @Test func `a task that is cancelled while it appends still learns what became of it`() async throws {
        let log = try SQLiteLog(path: self.folder.file())
        for number in 1...20 {
            let appending = Task { try await log.append([.sample("a")]) }
            appending.cancel()
            #expect(try await appending.value == SequenceNumber(number))
        }
        #expect(try await log.page(after: 0, for: .sample("a"), limit: self.everything).entries.count == 20)
    }

    @Test func `pages are whole while others append`() async throws {
        let log = try SQLiteLog(path: self.folder.file())
        try await withThrowingTaskGroup { group in
            for reader in 0..<8 {
                group.addTask {
                    let interest: Interest = try .sample(reader % 2 == 0 ? "*" : "topic/\(reader % 3)", "topic/1")
                    var model: [SequenceNumber] = []
                    var through: SequenceNumber = 0
                    while through < 1000 {
                        let page = try await log.page(
                            after: through,
                            for: interest,
                            limit: PageLimit(updates: 37, bytes: 1000)
                        )
                        model += page.entries.map(\.position.sequence)
                        through = max(through, page.through)
                    }
                    let wanted = (1...1000).filter {
                        interest.selectors.contains(.everything) || [reader % 3, 1].contains($0 % 3)
                    }
                    #expect(model.prefix { $0 <= 1000 } == wanted.map { SequenceNumber($0) }[...])
                }
            }
            for batch in 0..<100 {
                _ = try await log.append((1...10).map { try .sample("topic/\((batch * 10 + $0) % 3)") })
            }
            try await group.waitForAll()
        }
    }

    @Test func `pages are found by index`() async throws {
        let log = try SQLiteLog(path: self.folder.file())
        _ = try await log.append((0..<100).map { try .sample("a/\($0)", "b", id: "mine:\($0)") })
        let queries: [(sql: String, arguments: StatementArguments)] = [
            ("SELECT sequence FROM entry WHERE topic = ? AND sequence > ? ORDER BY sequence LIMIT ?", [1, 0, 5]),
            ("SELECT sequence FROM alternate WHERE topic = ? AND sequence > ? ORDER BY sequence LIMIT ?", [1, 0, 5]),
            ("SELECT sequence FROM entry WHERE topic = ? ORDER BY sequence DESC", [1]),
            ("SELECT sequence FROM alternate WHERE topic = ? ORDER BY sequence DESC", [1]),
            ("SELECT max(sequence) FROM entry WHERE id = ?", ["mine:1"]),
            ("SELECT topic, alternates, id, type, retry, private, data FROM entry WHERE sequence = ?", [1]),
            ("SELECT key FROM topic WHERE name = ?", ["b"]),
            ("SELECT 1 FROM entry WHERE topic = ?1", [1]),
            ("SELECT 1 FROM alternate WHERE topic = ?1", [1]),
            (
                "SELECT sequence FROM entry WHERE sequence > ? AND sequence <= ? AND published >= ? ORDER BY sequence LIMIT 1",
                [1, 2, 3]
            ),
        ]
        for query in queries {
            let plan = try await log.pool.read { db in
                try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN " + query.sql, arguments: query.arguments).map {
                    $0["detail"] as String
                }
            }
            #expect(!plan.contains { $0.hasPrefix("SCAN") || $0.contains("TEMP B-TREE") }, "\(query.sql): \(plan)")
        }
    }
}
