#if PostgreSQL && MySQL
import Logging
import Synchronization
import Testing

@testable import Martlet
@testable import MartletSources

extension OutboxTests {
    /// Engines, logs and hubs that fail or end.
    @Suite("An outbox and what goes wrong")
    struct SQLOutboxFaultTests {
        @Test("a server that is killed and comes back loses and repeats nothing", arguments: [false, true])
        func killed(isNotified: Bool) async throws {
            let server = try await PostgreSQLServer()
            defer { server.end() }
            let database = try await OutboxDatabase.postgreSQL(server)
            try await database.insert("t", "1")
            let notifier = isNotified ? try SQLNotifier(database.url, channel: "outbox") : nil
            let options = try SQLOutboxOptions.testing()
            try await OutboxBench.run(database.url, log: MemoryLog(), notifier: notifier, options: options) { bench in
                try await bench.published(1)
                server.kill()
                let problem = try await bench.problem("postgresql://martlet@127")
                #expect(!problem.contains("p@ss"))
                try await server.start()
                try await server.sql("INSERT INTO outbox (topic, data) VALUES ('t', '2'); NOTIFY outbox")
                try await bench.published(2)
                try await eventually("all is well") { bench.monitor.status.problem == nil }
                #expect(try await bench.updates.map(\.data) == ["1", "2"])
            }
        }

        @Test func `MariaDB too, and a database that is not there at first`() async throws {
            let server = try await MariaDBServer()
            defer { server.end() }
            let database = try await OutboxDatabase.mariaDB(server)
            server.kill()
            try await OutboxBench.run(database.url, log: MemoryLog(), options: .testing()) { bench in
                try await bench.problem("mysql://martlet@127")
                try await server.start()
                try await server.sql("INSERT INTO outbox (topic, data) VALUES ('t', '1')")
                try await bench.published(1)
                server.kill()
                try await eventually("it is told") { bench.monitor.status.problem != nil }
                try await server.start()
                // This one writes to disk once a second only, so it may have forgotten the first.
                try await server.sql("INSERT INTO outbox VALUES (2, 't', '2')")
                try await bench.published(2)
                #expect(try await bench.updates.map(\.data) == ["1", "2"])
            }
        }

        @Test func `a file that is not there is told, and read when it is`() async throws {
            let folder = FileTestFolder()
            let url = SQLURL(engine: .sqlite, database: folder["app.db"])
            try await OutboxBench.run(url, log: MemoryLog(), options: .testing()) { bench in
                try await bench.problem("app.db")
                let database = try await OutboxDatabase.sqlite(in: folder)
                try await database.insert("t", "1")
                #expect(try await bench.published(1) == ["1 t 1"])
            }
        }

        @Test func `what was missing is asked for once more, however long the hub was away, and then given up`()
            async throws
        {
            let folder = FileTestFolder()
            let database = try await OutboxDatabase.sqlite(in: folder)
            let log = MemoryLog()
            let since = WallTime.now().milliseconds / 1000 - 2 * OutboxPosition.patience
            let position = OutboxPosition(through: 4, gaps: [OutboxPosition.Gap(first: 2, last: 3, since: since)])
            let bookmark = OutboxBookmark(table: "outbox", key: "id", position: position)
            _ = try await log.append([], bookmarks: [Bookmark(of: "outbox", value: bookmark.text)])
            try await database.insert("t", "1", key: 1)
            try await database.insert("t", "4", key: 4)
            try await database.insert("t", "late", key: 2)
            try await OutboxBench.run(database.url, log: log, options: .testing()) { bench in
                #expect(try await bench.published(1) == ["2 t late"])
                let ticks = bench.monitor.status.ticks
                try await eventually("it was looked for") { bench.monitor.status.ticks > ticks + 3 }
                try await database.insert("t", "too late", key: 3)
                try await database.insert("t", "5", key: 5)
                #expect(try await bench.published(2) == ["2 t late", "5 t 5"])
            }
        }

        @Test func `what the log does not take is published when it does, once`() async throws {
            let folder = FileTestFolder()
            let database = try await OutboxDatabase.sqlite(in: folder)
            let log = TappedLog()
            log.refuse(true)
            try await database.insert("t", "1")
            try await OutboxBench.run(database.url, log: log, options: .testing()) { bench in
                try await eventually("it is told") {
                    bench.monitor.status.problem == "cannot publish: the disk is full"
                }
                try await database.insert("t", "2")
                log.refuse(false)
                try await bench.published(2)
                log.refuse(true)
                try await database.insert("t", "3")
                try await eventually("it is told") { bench.monitor.status.problem != nil }
                log.refuse(false)
                try await bench.published(3)
                #expect(log.lines == ["1", "2", "3"])
                try await eventually("they are counted") { bench.monitor.status.updates == 3 }
            }
        }

        @Test func `an answer of the log that comes too late for the hub's end repeats nothing`() async throws {
            let folder = FileTestFolder()
            let database = try await OutboxDatabase.sqlite(in: folder)
            let log = TappedLog()
            log.stop()
            try await database.insert("t", "1")
            try await OutboxBench.run(database.url, log: log, options: .testing()) { _ in
                try await eventually("it is being appended") { log.appends == 1 }
                Task {
                    try await Task.sleep(for: .milliseconds(50))
                    log.goOn()
                }
            }
            try await database.insert("t", "2")
            try await OutboxBench.run(database.url, log: log, options: .testing()) { bench in
                try await bench.published(2)
                #expect(log.lines == ["1", "2"])
            }
        }

        @Test func `the position is kept in the log's file`() async throws {
            let folder = FileTestFolder()
            let database = try await OutboxDatabase.sqlite(in: folder)
            for number in 1...3 {
                let log = try await folder.log()
                try await database.insert("t", "\(number)")
                try await OutboxBench.run(database.url, log: log, options: .testing()) { bench in
                    try await bench.published(number)
                    let ticks = bench.monitor.status.ticks
                    try await eventually("more looks") { bench.monitor.status.ticks > ticks + 3 }
                    #expect(try await bench.updates.map(\.data) == (1...number).map(String.init))
                }
            }
        }

        @Test func `a position that is none is told, and nothing is published`() async throws {
            let folder = FileTestFolder()
            let database = try await OutboxDatabase.sqlite(in: folder)
            let log = MemoryLog()
            _ = try await log.append([], bookmarks: [Bookmark(of: "outbox", value: #"{"v":2,"after":7}"#)])
            try await database.insert("t", "1")
            try await OutboxBench.run(database.url, log: log, options: .testing()) { bench in
                try await bench.problem("give the source another name to begin anew")
                #expect(try await bench.updates.isEmpty)
            }
            #expect(try await log.bookmark(Bookmark.Name(source: "outbox")) == #"{"v":2,"after":7}"#)
        }

        @Test func `another table begins at its own beginning`() async throws {
            let folder = FileTestFolder()
            let database = try await OutboxDatabase.sqlite(in: folder)
            let log = MemoryLog()
            for number in 1...3 { try await database.insert("t", "\(number)") }
            try await OutboxBench.run(database.url, log: log, options: .testing()) { bench in
                try await bench.published(3)
            }
            try await database.sql("CREATE TABLE other AS SELECT id, topic, 'other' AS data FROM outbox WHERE id = 1")
            try await OutboxBench.run(database.url, log: log, options: .testing(table: "other")) { bench in
                let published = try await bench.published(4)
                #expect(published.last == "1 t other")
            }
        }

        @Test func `a text with a NUL is not cut, but passed over`() async throws {
            let folder = FileTestFolder()
            let database = try await OutboxDatabase.sqlite(in: folder)
            try await database.sql("INSERT INTO outbox (topic, data) VALUES ('a' || char(0) || 'b', 'x')")
            try await database.sql("INSERT INTO outbox (topic, data) VALUES ('a', 'x' || char(0) || 'y'), ('a', 'z')")
            try await OutboxBench.run(database.url, log: MemoryLog(), options: .testing()) { bench in
                #expect(try await bench.published(1) == ["3 a z"])
                try await bench.problem("row 1 was passed over: its topic holds a NUL")
                #expect(bench.monitor.status.errors == 2)
            }
        }

        @Test func `nothing is asked while nobody looks, where that is wanted, and later nothing is missing`()
            async throws
        {
            let server = try await PostgreSQLServer.shared.value
            let database = try await OutboxDatabase.postgreSQL(server)
            try await database.sql("ALTER TABLE outbox ADD COLUMN user_id int DEFAULT 1")
            let topics = OwnedTopics(
                of: "outbox",
                selector: try Selector("users/{user_id}"),
                isPublic: true,
                isWatchedAsOne: true
            )
            let engine = CountingEngine(try database.url.makeEngine())
            let options = try SQLOutboxOptions.testing(isOnDemand: true)
            let makeEngine: OutboxBench.EngineMaker = { () throws(SQLError) in
                engine.reopen(try database.url.makeEngine())
                return engine
            }
            try await database.insert("t", "1")
            try await OutboxBench.run(
                database.url,
                log: MemoryLog(),
                topics: topics,
                options: options,
                makeEngine: makeEngine
            ) { bench in
                try await Task.sleep(for: .milliseconds(100))
                #expect(engine.count == 0 && bench.monitor.status.watches == 0)
                let topic = try Topic("users/1")
                topics.beginLooking(at: topic)
                try await bench.published(1)
                #expect(bench.monitor.status.watches == 1)
                topics.endLooking(at: topic)
                try await eventually("it is closed") { engine.isClosed && bench.monitor.status.watches == 0 }
                let count = engine.count
                try await database.insert("t", "2")
                try await Task.sleep(for: .milliseconds(100))
                #expect(engine.count == count)
                topics.beginLooking(at: topic)
                try await bench.published(2)
                #expect(try await bench.updates.map(\.data) == ["1", "2"])
            }
        }

        @Test func `who looks is known only of topics of its own`() throws {
            let url = SQLURL(engine: .sqlite, database: "app.db")
            let monitor = SourceMonitor(name: "o", kind: "sql-outbox", logger: .init(label: "o"))
            let some = OwnedTopics(of: "o", selector: try Selector("a/{b}"))
            let odd = OwnedTopics(of: "o", selector: try Selector("a/{b.c}"))
            let onDemand = try SQLOutboxOptions.testing(isOnDemand: true)
            for (topics, options) in [(nil, onDemand), (some, onDemand), (odd, try .testing())] {
                #expect(throws: SQLError.self) {
                    try SQLOutboxSource(
                        name: "o",
                        database: url,
                        topics: topics,
                        options: options,
                        monitor: monitor,
                        clock: .continuous,
                        makeEngine: { () throws(SQLError) in try url.makeEngine() }
                    )
                }
            }
        }
    }
}

/// An engine that counts what it is asked.
final class CountingEngine: SQLEngine {
    private let state: Mutex<(engine: any SQLEngine, count: Int, isClosed: Bool)>
    let placeholders: SQLPlaceholders

    init(_ engine: any SQLEngine) {
        self.placeholders = engine.placeholders
        self.state = Mutex((engine, 0, false))
    }

    var count: Int { self.state.withLock { $0.count } }
    var isClosed: Bool { self.state.withLock { $0.isClosed } }

    func reopen(_ engine: any SQLEngine) {
        self.state.withLock { state in
            state.engine = engine
            state.isClosed = false
        }
    }

    func run(_ queries: [SQLStatement]) async -> [Result<[SQLRow], SQLError>] {
        let engine = self.state.withLock { state in
            state.count += queries.count
            return state.engine
        }
        return await engine.run(queries)
    }

    func close() async {
        let engine = self.state.withLock { state in
            state.isClosed = true
            return state.engine
        }
        await engine.close()
    }
}
#endif
