import GRDB
import Martlet
import Testing

@testable import MartletSQLite

@Suite(.timeLimit(.minutes(1))) struct SQLiteLogBookmarkTests {
    private let folder: TemporaryFolder

    init() throws {
        self.folder = try TemporaryFolder()
    }

    private func name(_ source: String, _ item: String = "") -> Bookmark.Name {
        Bookmark.Name(source: source, item: item)
    }

    @Test func `bookmarks are there after reopening, the newest of each name`() async throws {
        do {
            let log = try SQLiteLog(path: self.folder.file())
            _ = try await log.append([.sample("a")], bookmarks: [Bookmark(of: "s", value: "1")])
            _ = try await log.append([], bookmarks: [Bookmark(of: "s", value: "2"), Bookmark(of: "s", value: "3")])
            _ = try await log.append([], bookmarks: [Bookmark(of: "s", item: "'; --", value: "ü")])
        }
        let log = try await self.folder.reopened { try SQLiteLog(path: self.folder.file()) }
        #expect(try await log.bookmark(self.name("s")) == "3")
        #expect(try await log.bookmark(self.name("s", "'; --")) == "ü")
        #expect(try await log.bookmark(self.name("t")) == nil)
        #expect(log.bounds.last == 1)
    }

    @Test func `bookmarks go with the transaction that fails`() async throws {
        let log = try SQLiteLog(path: self.folder.file())
        try await log.pool.write { db in
            try db.execute(
                sql: """
                    CREATE TRIGGER refusal BEFORE INSERT ON bookmark WHEN new.value = 'bad'
                    BEGIN SELECT RAISE(ABORT, 'refused'); END
                    """
            )
        }
        _ = try await log.append([.sample("a")], bookmarks: [Bookmark(of: "s", value: "good")])
        await #expect(throws: LogError.self) {
            _ = try await log.append([.sample("a")], bookmarks: [Bookmark(of: "s", value: "bad")])
        }
        #expect(log.bounds.last == 1)
        #expect(try await log.bookmark(self.name("s")) == "good")
    }

    @Test func `of too many items the oldest go, of sources none`() async throws {
        let time = TestTime()
        let log = try SQLiteLog(path: self.folder.file(), keep: Retention(), now: { time.now })
        _ = try await log.append([], bookmarks: [Bookmark(of: "s", value: "whole")])
        for number in 0..<10 {
            time.advance(by: 1)
            _ = try await log.append([], bookmarks: [Bookmark(of: "s", item: "\(number)", value: "v")])
        }
        try await log.trimBookmarks(keeping: 4)
        #expect(try await log.bookmark(self.name("s")) == "whole")
        #expect(try await log.bookmark(self.name("s", "5")) == nil)
        #expect(try await log.bookmark(self.name("s", "6")) == "v")
    }

    @Test func `of updates with the same id the newest that was asked for is found`() async throws {
        let log = try SQLiteLog(path: self.folder.file())
        _ = try await log.append([.sample("orders", id: "1"), .sample("payments", id: "1")])
        _ = try await log.append([.sample("payments", id: "1", isPrivate: true)])
        #expect(try await log.sequence(ofID: "1", for: .sample("orders")) == 1)
        #expect(try await log.sequence(ofID: "1", for: .sample("payments")) == 2)
        #expect(try await log.sequence(ofID: "1", for: .sample("payments", grants: ["payments"])) == 3)
        #expect(try await log.sequence(ofID: "2", for: .sample("*")) == nil)
    }

    @Test func `one source's items don't take the place of another's`() async throws {
        let log = try SQLiteLog(path: self.folder.file())
        _ = try await log.append([], bookmarks: [Bookmark(of: "idle", item: "1", value: "kept")])
        let many = (0..<2000).map { Bookmark(of: "busy", item: "\($0)", value: "v") }
        _ = try await log.append([], bookmarks: many)
        try await log.trimBookmarks(keeping: 10)
        #expect(try await log.bookmark(self.name("idle", "1")) == "kept")
        let left = try await log.pool.read { db in
            try Int.fetchOne(db, sql: "SELECT count(*) FROM bookmark WHERE source = 'busy'")
        }
        #expect(left == 10)
    }

    @Test func `a file of the version without bookmarks gets them`() async throws {
        let epoch: Epoch
        do {
            let log = try SQLiteLog(path: self.folder.file())
            epoch = log.epoch
            _ = try await log.append([.sample("a")])
            try await log.pool.write { try $0.execute(sql: "DROP TABLE bookmark; PRAGMA user_version = 1") }
        }
        let log = try await self.folder.reopened { try SQLiteLog(path: self.folder.file()) }
        #expect(log.epoch == epoch && log.bounds.last == 1)
        _ = try await log.append([], bookmarks: [Bookmark(of: "s", value: "1")])
        #expect(try await log.bookmark(self.name("s")) == "1")
    }
}
