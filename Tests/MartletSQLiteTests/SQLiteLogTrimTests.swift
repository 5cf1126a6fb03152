import Foundation
import GRDB
import Martlet
import Testing

@testable import MartletSQLite

@Suite(.timeLimit(.minutes(2))) struct SQLiteLogTrimTests {
    private let folder: TemporaryFolder
    private let time = TestTime()
    private let limit = PageLimit(updates: 1_000_000, bytes: .max)

    init() throws {
        self.folder = try TemporaryFolder()
    }

    private func open(updates: Int? = nil, age: Duration? = nil) throws -> SQLiteLog {
        let time = self.time
        return try SQLiteLog(path: self.folder.file(), keep: Retention(updates: updates, age: age)) { time.now }
    }

    private func rows(_ log: SQLiteLog, in table: String) async throws -> Int {
        try await log.pool.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(table)")! }
    }

    @Test func `without limits nothing goes`() async throws {
        let log = try self.open()
        _ = try await log.append((0..<600).map { _ in try .sample("a") })
        self.time.advance(by: .max / 2)
        #expect(try await log.trimStep() == false)
        #expect(log.bounds == LogBounds(first: 1, last: 600))
    }

    @Test func `an empty log has nothing to trim`() async throws {
        let log = try self.open(updates: 0, age: .zero)
        #expect(try await log.trimStep() == false)
        #expect(log.bounds == LogBounds(first: 1, last: 0))
    }

    @Test func `what is too many goes in steps`() async throws {
        let log = try self.open(updates: 100)
        _ = try await log.append((0..<1300).map { _ in try .sample("a") })
        #expect(try await log.trimStep() == true)
        #expect(log.bounds == LogBounds(first: 501, last: 1300))
        #expect(try await log.trimStep() == true)
        #expect(log.bounds == LogBounds(first: 1001, last: 1300))
        #expect(try await log.trimStep() == false)
        #expect(log.bounds == LogBounds(first: 1201, last: 1300))
        #expect(try await log.trimStep() == false)
        #expect(try await self.rows(log, in: "entry") == 100)
        let page = try await log.page(after: 0, for: .sample("a"), limit: self.limit)
        #expect(page.entries.map(\.position.sequence) == Array(1201...1300))
        #expect(page.first == 1201)
    }

    @Test func `what is too old goes, to the millisecond`() async throws {
        let log = try self.open(age: .seconds(10))
        for _ in 0..<5 {
            _ = try await log.append([.sample("a"), .sample("a")])
            self.time.advance(by: 1000)
        }
        // The first is 10 s old now, which is not more than is allowed.
        self.time.advance(by: 5000)
        #expect(try await log.trimStep() == false)
        #expect(log.bounds.first == 1)
        self.time.advance(by: 1)
        #expect(try await log.trimStep() == false)
        #expect(log.bounds.first == 3)
        self.time.advance(by: 2000)
        while try await log.trimStep() {}
        #expect(log.bounds.first == 7)
        self.time.advance(by: 60_000)
        while try await log.trimStep() {}
        #expect(log.bounds == LogBounds(first: 11, last: 10))
    }

    @Test func `whichever limit is passed first trims`() async throws {
        let log = try self.open(updates: 5, age: .seconds(10))
        _ = try await log.append((0..<4).map { _ in try .sample("a") })
        self.time.advance(by: 10_001)
        _ = try await log.append((0..<3).map { _ in try .sample("a") })
        _ = try await log.trimStep()
        #expect(log.bounds.first == 5, "by age")
        _ = try await log.append((0..<5).map { _ in try .sample("a") })
        _ = try await log.trimStep()
        #expect(log.bounds == LogBounds(first: 8, last: 12), "by count")
    }

    @Test func `a log that was trimmed to nothing goes on counting after reopening`() async throws {
        do {
            let log = try self.open(updates: 0)
            _ = try await log.append((0..<7).map { _ in try .sample("a", "b") })
            while try await log.trimStep() {}
            #expect(log.bounds == LogBounds(first: 8, last: 7))
            for table in ["entry", "alternate", "topic"] { #expect(try await self.rows(log, in: table) == 0) }
        }
        let log = try await self.folder.reopened { try self.open(updates: 2) }
        #expect(log.bounds == LogBounds(first: 8, last: 7))
        #expect(try await log.append([.sample("a"), .sample("a"), .sample("a")]) == 8)
        _ = try await log.trimStep()
        #expect(log.bounds == LogBounds(first: 9, last: 10))
    }

    @Test func `a topic goes with its last entry, and can come back`() async throws {
        let log = try self.open(updates: 2)
        _ = try await log.append([.sample("old"), .sample("x", "alias"), .sample("kept", "alias"), .sample("x")])
        _ = try await log.trimStep()
        let names = try await log.pool.read { try Set(String.fetchAll($0, sql: "SELECT name FROM topic")) }
        #expect(names == ["kept", "alias", "x"])
        #expect(try await self.rows(log, in: "alternate") == 1)
        _ = try await log.append([.sample("old", data: "again"), .sample("kept", "old")])
        #expect(
            try await log.page(after: 0, for: .sample("old"), limit: self.limit).entries.map(\.position.sequence) == [
                5, 6,
            ]
        )
        #expect(
            try await log.page(after: 0, for: .sample("alias"), limit: self.limit).entries.map(\.position.sequence) == [
                3
            ]
        )
    }

    @Test func `alternates are found, and trimmed with their update`() async throws {
        let log = try self.open(updates: 1)
        _ = try await log.append([.sample("a", "b", "c"), .sample("b", "a")])
        for topic in ["a", "b"] {
            #expect(try await log.page(after: 0, for: .sample(topic), limit: self.limit).entries.count == 2)
        }
        #expect(try await log.page(after: 0, for: .sample("a", "b", "c"), limit: self.limit).entries.count == 2)
        #expect(try await log.newest(for: .sample("c"))?.position.sequence == 1)
        _ = try await log.trimStep()
        #expect(try await log.page(after: 0, for: .sample("c"), limit: self.limit).entries.isEmpty)
        #expect(try await log.newest(for: .sample("c")) == nil)
        #expect(try await self.rows(log, in: "alternate") == 1)
    }

    @Test func `a clock that was ahead for a while keeps nothing for longer than one that was right`() async throws {
        let log = try self.open(age: .seconds(10))
        let year: Int64 = 365 * 86_400_000
        _ = try await log.append([.sample("a", data: "1")])
        self.time.advance(by: year)
        _ = try await log.append((0..<600).map { _ in try .sample("a", data: "from the future") })
        self.time.advance(by: -year)
        _ = try await log.append([.sample("a", data: "2")])
        self.time.advance(by: 5000)
        // What is met is taken for as old as the log may be.
        while try await log.trimStep() {}
        self.time.advance(by: 11_000)
        while try await log.trimStep() {}
        self.time.advance(by: 11_000)
        while try await log.trimStep() {}
        #expect(log.bounds == LogBounds(first: 603, last: 602))
    }

    @Test("A clock that is not set yet makes nothing old", arguments: [false, true])
    func unset(publishes: Bool) async throws {
        var log: SQLiteLog? = try self.open(age: .seconds(10))
        _ = try await log?.append([.sample("a")])
        log = nil
        // The machine has started without knowing the time.
        let distance = self.time.now - 1000
        self.time.advance(by: -distance)
        let reopened = try await self.folder.reopened { try self.open(age: .seconds(10)) }
        #expect(try await reopened.trimStep() == false)
        if publishes { _ = try await reopened.append([.sample("a")]) }
        #expect(try await reopened.trimStep() == false)
        self.time.advance(by: distance + 5000)
        #expect(try await reopened.trimStep() == false)
        #expect(reopened.bounds == LogBounds(first: 1, last: publishes ? 2 : 1))
        self.time.advance(by: 6000)
        while try await reopened.trimStep() {}
        #expect(reopened.bounds.first == reopened.bounds.last + 1)
    }

    @Test func `what lies beside the file is put in its place though readers follow one another`() async throws {
        let log = try self.open()
        try await withThrowingTaskGroup { group in
            // There is always one that began before the newest commit.
            for _ in 0..<3 {
                group.addTask {
                    while !Task.isCancelled {
                        _ = try? await log.page(after: 0, for: .sample("a"), limit: self.limit)
                    }
                }
            }
            let large = String(repeating: "x", count: 100_000)
            for _ in 0..<30 { _ = try await log.append([.sample("a", data: large)]) }
            try await log.putInPlace(above: .max)
            #expect(log.unplacedBytes > 0)
            try await log.putInPlace(above: 0)
            #expect(log.unplacedBytes == 0)
            group.cancelAll()
        }
        #expect(log.bounds.last == 30)
    }

    @Test func `a program that reads the file for long keeps nobody waiting`() async throws {
        let log = try self.open()
        _ = try await log.append([.sample("a", data: String(repeating: "x", count: 100_000))])
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: self.folder.file(), configuration: configuration)
        try other.inDatabase { db in
            try db.execute(sql: "BEGIN; SELECT count(*) FROM entry")
        }
        _ = try await log.append([.sample("a", data: String(repeating: "y", count: 100_000))])
        let start = ContinuousClock.now
        try await log.putInPlace(above: 0)
        // SQLite would wait for five seconds.
        #expect(ContinuousClock.now - start < .seconds(4))
        #expect(log.unplacedBytes > 0)
        try other.inDatabase { try $0.execute(sql: "COMMIT") }
        try await log.putInPlace(above: 0)
        #expect(log.unplacedBytes == 0)
    }

    @Test func `its size is the file's, also by the name of a link`() async throws {
        try FileManager.default.createSymbolicLink(
            atPath: self.folder.file("link.db"),
            withDestinationPath: self.folder.file()
        )
        let log = try SQLiteLog(path: self.folder.file("link.db"))
        _ = try await log.append([.sample("a", data: String(repeating: "x", count: 100_000))])
        #expect(try #require(log.bytes) > 100_000)
    }

    @Test func `trimming runs by itself, and ends with its task`() async throws {
        let log = try self.open(updates: 3)
        _ = try await log.append((0..<2000).map { _ in try .sample("a") })
        let running = Task { await log.run() }
        try await eventually("it has trimmed") { log.bounds.first == 1998 }
        running.cancel()
        await running.value
    }

    @Test func `trimming and appending do not hurt each other`() async throws {
        let log = try self.open(updates: 10)
        try await withThrowingTaskGroup { group in
            group.addTask {
                for number in 0..<200 {
                    let first = try await log.append([
                        .sample("t/\(number % 17)", "u/\(number % 5)"), .sample("t/\(number % 3)"),
                    ])
                    #expect(first == SequenceNumber(number * 2 + 1))
                }
            }
            group.addTask { for _ in 0..<200 { _ = try await log.trimStep() } }
            try await group.waitForAll()
        }
        while try await log.trimStep() {}
        #expect(log.bounds == LogBounds(first: 391, last: 400))
        let orphans = try await log.pool.read { db in
            try Int.fetchOne(
                db,
                sql: """
                    SELECT (SELECT count(*) FROM entry WHERE topic NOT IN (SELECT key FROM topic))
                    + (SELECT count(*) FROM alternate WHERE topic NOT IN (SELECT key FROM topic))
                    + (SELECT count(*) FROM alternate WHERE sequence NOT IN (SELECT sequence FROM entry))
                    + (SELECT count(*) FROM topic WHERE key NOT IN (SELECT topic FROM entry)
                        AND key NOT IN (SELECT topic FROM alternate))
                    """
            )
        }
        #expect(orphans == 0)
    }
}
