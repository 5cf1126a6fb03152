import Foundation
import GRDB
import Martlet
import Testing

@testable import MartletSQLite

@Suite(.timeLimit(.minutes(2))) struct SQLiteLogFaultTests {
    private let folder: TemporaryFolder

    init() throws {
        self.folder = try TemporaryFolder()
    }

    /// What opening the file says.
    private func refusal(of path: String) throws -> LogError {
        let error = #expect(throws: LogError.self) { _ = try SQLiteLog(path: path) }
        let refusal = try #require(error)
        #expect(refusal.code == .cannotOpen)
        #expect(refusal.message.contains(path), "\(refusal.message)")
        #expect(refusal.message.hasSuffix("."), "\(refusal.message)")
        return refusal
    }

    @Test func `a file that is no database is refused, and left as it is`() throws {
        let path = self.folder.file("notes.txt")
        let text = String(repeating: "This is no database. ", count: 100)
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        #expect(try self.refusal(of: path).message.contains("not an SQLite database"))
        #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
    }

    @Test func `somebody else's database is refused, and left as it is`() throws {
        let path = self.folder.file("app.db")
        try DatabaseQueue(path: path).write { try $0.execute(sql: "CREATE TABLE customer (name TEXT)") }
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        #expect(try self.refusal(of: path).message.contains("not a log of Martlet's"))
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before, "not even its journal mode may change")
    }

    @Test func `a log of a newer version is refused`() async throws {
        let path = self.folder.file()
        do {
            let log = try SQLiteLog(path: path)
            try await log.pool.write { try $0.execute(sql: "PRAGMA user_version = 3") }
        }
        let message = try self.refusal(of: path).message
        #expect(message.contains("newer version") && message.contains("3"))
    }

    @Test(arguments: ["DELETE FROM log", "UPDATE log SET epoch = 'NOT AN EPOCH'", "DROP TABLE log", "DROP TABLE entry"])
    func `a damaged log is refused`(damage: String) async throws {
        let path = self.folder.file()
        do {
            let log = try SQLiteLog(path: path)
            try await log.pool.write { try $0.execute(sql: damage) }
        }
        _ = try self.refusal(of: path)
    }

    @Test func `a directory is refused`() throws {
        let path = self.folder.file("directory")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        _ = try self.refusal(of: path)
    }

    @Test func `a file in no directory is refused`() throws {
        _ = try self.refusal(of: self.folder.file("missing/log.db"))
    }

    @Test func `an empty file becomes a log`() throws {
        try Data().write(to: URL(fileURLWithPath: self.folder.file()))
        #expect(try SQLiteLog(path: self.folder.file()).bounds.last == 0)
    }

    @Test func `a log that is in use is refused until it isn't`() async throws {
        let path = self.folder.file()
        let epoch: Epoch
        do {
            let log = try SQLiteLog(path: path)
            epoch = log.epoch
            #expect(try self.refusal(of: path).message.contains("in use"))
            #expect(try await log.append([.sample("a")]) == 1)
        }
        #expect(try await self.folder.reopened { try SQLiteLog(path: path) }.epoch == epoch)
    }

    @Test func `another name of a log that is in use is refused too`() throws {
        let log = try SQLiteLog(path: self.folder.file())
        let alias = self.folder.file("alias.db")
        try FileManager.default.createSymbolicLink(atPath: alias, withDestinationPath: log.path)
        _ = try self.refusal(of: alias)
    }

    @Test func `a file that was refused is not locked`() throws {
        let path = self.folder.file()
        try Data("no database, for sure".utf8).write(to: URL(fileURLWithPath: path))
        _ = try self.refusal(of: path)
        try FileManager.default.removeItem(atPath: path)
        _ = try SQLiteLog(path: path)
    }

    @Test func `a full disk refuses the batch whole, and no later one`() async throws {
        let log = try SQLiteLog(path: self.folder.file())
        #expect(try await log.append([.sample("a")]) == 1)
        try await log.pool.write { db in
            let pages = try Int.fetchOne(db, sql: "PRAGMA page_count")!
            try db.execute(sql: "PRAGMA max_page_count = \(pages + 2)")
        }
        let large = try (0..<20).map { try Update.sample("new/\($0)", "b", data: String(repeating: "x", count: 4000)) }
        for _ in 0..<3 {
            let error = await #expect(throws: LogError.self) { _ = try await log.append(large) }
            #expect(error?.code == .full)
            #expect(error?.message.contains(log.path) == true)
            #expect(log.bounds == LogBounds(first: 1, last: 1))
        }
        let limit = PageLimit(updates: 100, bytes: .max)
        #expect(try await log.page(after: 0, for: .sample("*"), limit: limit).entries.count == 1)
        try await log.pool.write { try $0.execute(sql: "PRAGMA max_page_count = 1000000") }
        #expect(try await log.append(large) == 2)
        #expect(try await log.page(after: 0, for: .sample("*"), limit: limit).entries.count == 21)
        // The keys of topics that the refused batches made are not believed in.
        #expect(
            try await log.page(after: 0, for: .sample("new/19"), limit: limit).entries.map(\.position.sequence) == [21]
        )
        #expect(try await log.page(after: 0, for: .sample("b"), limit: limit).entries.count == 20)
    }

    @Test func `a log that can't be written to says so`() async throws {
        let log = try SQLiteLog(path: self.folder.file())
        try await log.pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA query_only = 1") }
        let error = await #expect(throws: LogError.self) { _ = try await log.append([.sample("a")]) }
        #expect(error?.code == .readOnly)
        try await log.pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA query_only = 0") }
        #expect(try await log.append([.sample("a")]) == 1)
    }

    @Test func `a batch that breaks off in its middle leaves nothing behind`() async throws {
        let log = try SQLiteLog(path: self.folder.file())
        try await log.pool.write {
            try $0.execute(
                sql:
                    "CREATE TRIGGER fault BEFORE INSERT ON entry WHEN NEW.id = 'boom' BEGIN SELECT RAISE(ABORT, 'boom'); END"
            )
        }
        let batch = [try Update.sample("fresh"), try Update.sample("b", id: "boom"), try Update.sample("c")]
        let error = await #expect(throws: LogError.self) { _ = try await log.append(batch) }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("boom") == true)
        #expect(log.bounds.last == 0)
        #expect(try await log.append([.sample("fresh"), .sample("c")]) == 1)
        let limit = PageLimit(updates: 100, bytes: .max)
        for topic in ["fresh", "c"] {
            #expect(try await log.page(after: 0, for: .sample(topic), limit: limit).entries.count == 1)
        }
    }
}
