#if PostgreSQL && MySQL
import Martlet
import Testing

@testable import MartletSources

extension OutboxTests {
    /// What an outbox promises on each of the databases.
    @Suite("An outbox")
    struct SQLOutboxTests {
        enum Kind: CaseIterable {
            case sqlite
            case postgreSQL
            case mariaDB

            func open(_ folder: FileTestFolder) async throws -> OutboxDatabase {
                switch self {
                case .sqlite: try await .sqlite(in: folder)
                case .postgreSQL: try await .postgreSQL(PostgreSQLServer.shared.value)
                case .mariaDB: try await .mariaDB(MariaDBServer.shared.value)
                }
            }
        }

        @Test(
            "publishes what is there, then what comes, in order and once, also after a restart",
            arguments: Kind.allCases
        )
        func order(_ kind: Kind) async throws {
            let folder = FileTestFolder()
            let database = try await kind.open(folder)
            let log = MemoryLog()
            for number in 1...3 { try await database.insert("users/\(number)", "old \(number)") }
            try await OutboxBench.run(database.url, log: log, options: .testing()) { bench in
                #expect(
                    try await bench.published(3) == ["1 users/1 old 1", "2 users/2 old 2", "3 users/3 old 3"]
                )
                try await database.insert("users/4", "new")
                #expect(try await bench.published(4).last == "4 users/4 new")
                let ticks = bench.monitor.status.ticks
                try await eventually("more looks") { bench.monitor.status.ticks > ticks + 5 }
                #expect(try await bench.updates.count == 4)
                #expect(try await bench.updates.allSatisfy { $0.isPrivate && $0.type == nil })
                #expect(bench.monitor.status.problem == nil)
            }
            try await database.insert("users/5", "while the hub was away")
            try await OutboxBench.run(database.url, log: log, options: .testing()) { bench in
                #expect(try await bench.published(5).last == "5 users/5 while the hub was away")
                try await database.insert("users/6", "back")
                #expect(try await bench.published(6).last == "6 users/6 back")
                #expect(try await bench.updates.count == 6)
            }
        }

        @Test("begins with what is new where that is wanted", arguments: Kind.allCases)
        func new(_ kind: Kind) async throws {
            let folder = FileTestFolder()
            let database = try await kind.open(folder)
            let log = MemoryLog()
            try await database.insert("a", "old", key: 5)
            try await database.insert("a", "old", key: 9)
            try await OutboxBench.run(database.url, log: log, options: .testing(start: .new)) { bench in
                try await eventually("the end is noted") { try await bench.hub.bookmark(of: "outbox") != nil }
            }
            try await database.insert("a", "new", key: 10)
            // Somebody who had begun before, and commits now.
            try await database.insert("a", "late", key: 7)
            try await OutboxBench.run(database.url, log: log, options: .testing(start: .new)) { bench in
                let published = try await bench.published(2)
                #expect(published.sorted() == ["10 a new", "7 a late"])
            }
        }

        @Test("a backlog is read page after page", arguments: Kind.allCases)
        func backlog(_ kind: Kind) async throws {
            let folder = FileTestFolder()
            let database = try await kind.open(folder)
            let values = (1...2600).map { "('t', '\($0)')" }.joined(separator: ", ")
            try await database.sql("INSERT INTO outbox (topic, data) VALUES \(values)")
            try await OutboxBench.run(database.url, log: MemoryLog(), options: .testing(interval: .seconds(60))) {
                bench in
                let published = try await bench.published(2600)
                #expect(published == (1...2600).map { "\($0) t \($0)" })
                #expect(bench.monitor.status.ticks < 10)
            }
        }

        @Test("rows that can be no updates are told and passed over", arguments: Kind.allCases)
        func refused(_ kind: Kind) async throws {
            let folder = FileTestFolder()
            let database = try await kind.open(folder)
            let clock = OwnedTopics(of: "clock", selector: try Selector("time"))
            let long = String(repeating: "x", count: 1025)
            let rows = [
                "(1, '', 'x')", "(2, NULL, 'x')", "(3, '\(long)', 'x')", "(4, 'a\nb', 'x')", "(5, 'a', NULL)",
                "(6, '/.well-known/mercure/subscriptions/x', 'x')", "(7, '/.well-known/mercure', 'x')",
                "(8, 'time', 'x')",
                "(9, '/.well-known/mercury', '9')", "(10, 'it''s \"fine\"', 'a\nb')", "(11, 'z', '')",
            ]
            try await database.sql("INSERT INTO outbox (id, topic, data) VALUES \(rows.joined(separator: ", "))")
            try await OutboxBench.run(database.url, log: MemoryLog(), others: [clock], options: .testing()) { bench in
                #expect(
                    try await bench.published(3) == [
                        "9 /.well-known/mercury 9", "10 it's \"fine\" a\nb", "11 z ",
                    ]
                )
                let ticks = bench.monitor.status.ticks
                try await eventually("more looks") { bench.monitor.status.ticks > ticks + 5 }
                // It is still there to be seen, and was told once.
                let problem = try await bench.problem("outbox: the row 1 was passed over: A topic must not be empty.")
                #expect(problem.contains("so were 2, 3, 4, 5, 6, 7, 8"))
                #expect(bench.monitor.status.errors == 8)
                #expect(bench.told.lines.count == 1)
                try await database.insert("time", "forged", key: 12)
                try await eventually("it is told") { bench.monitor.status.errors == 9 }
                try await bench.problem("row 12 was passed over: its topic belongs to the source \"clock\"")
                try await database.insert("b", "13", key: 13)
                #expect(try await bench.published(4).last == "13 b 13")
            }
        }

        @Test(
            "large data is published, and what is too large passed over, a few megabytes at a time",
            arguments: Kind.allCases
        )
        func large(_ kind: Kind) async throws {
            let folder = FileTestFolder()
            let database = try await kind.open(folder)
            if kind == .mariaDB { try await database.reset(columns: "topic text, data longtext") }
            let text = kind == .sqlite ? "replace(hex(zeroblob(%)), '00', 'x')" : "repeat('x', %)"
            func value(_ count: Int) -> String { text.replacing("%", with: "\(count)") }
            for count in [1 << 20, 4 << 20, 1 << 20, 1 << 20, 1 << 20, 1 << 20] {
                try await database.sql("INSERT INTO outbox (topic, data) VALUES ('t', \(value(count)))")
            }
            try await database.insert("t", "small")
            try await OutboxBench.run(database.url, log: MemoryLog(), options: .testing(interval: .seconds(60))) {
                bench in
                try await bench.published(6)
                let updates = try await bench.updates
                #expect(updates.map(\.id) == ["1", "3", "4", "5", "6", "7"])
                #expect(updates.map(\.data.utf8.count) == [1, 1, 1, 1, 1, 0].map { $0 << 20 == 0 ? 5 : $0 << 20 })
                try await bench.problem(
                    "row 2 was passed over: it has \((4 << 20) + 1) bytes; at most \(4 << 20) are published"
                )
            }
        }

        @Test("columns give topic, type and whether it is private, and keep their types", arguments: Kind.allCases)
        func columns(_ kind: Kind) async throws {
            let folder = FileTestFolder()
            let database = try await kind.open(folder)
            let json = kind == .postgreSQL ? "jsonb" : "json"
            try await database.reset(
                columns:
                    "user_id int, place text, payload \(kind == .sqlite ? "text" : json), kind text, hidden \(kind == .postgreSQL ? "boolean" : "int")"
            )
            let (yes, no) = kind == .postgreSQL ? ("true", "false") : ("1", "0")
            try await database.sql(
                """
                INSERT INTO outbox (user_id, place, payload, kind, hidden) VALUES (42, 'a/b c', '{"n": 1}', 'news', \(no)),
                    (NULL, 'x', '1', 'news', \(no)), (7, 'é', '[]', NULL, \(yes)), (8, 'x', '2', 'a\nb', \(no)), (9, 'x', 'null', '', NULL)
                """
            )
            let topics = OwnedTopics(of: "outbox", selector: try Selector("users/{user_id}/{place}"))
            let columns = try SQLOutboxOptions.Columns(data: "payload", type: "kind", isPrivate: "hidden")
            let options = try SQLOutboxOptions.testing(columns: columns, isPublic: true)
            try await OutboxBench.run(database.url, log: MemoryLog(), topics: topics, options: options) { bench in
                try await bench.published(3)
                let updates = try await bench.updates
                #expect(updates.map(\.topics[0].name) == ["users/42/a%2Fb%20c", "users/7/%C3%A9", "users/9/x"])
                #expect(updates.map(\.data) == [#"{"n": 1}"#, "[]", "null"])
                #expect(updates.map(\.type) == ["news", nil, nil])
                #expect(updates.map(\.isPrivate) == [false, true, false])
                let problem = try await bench.problem("row 2 was passed over: its user_id is no text or number")
                #expect(problem.contains("so were 4"))
            }
        }

        @Test("bytes are base64, and numbers numbers", arguments: Kind.allCases)
        func types(_ kind: Kind) async throws {
            let folder = FileTestFolder()
            let database = try await kind.open(folder)
            try await database.reset(
                columns: "topic text, data \(kind == .postgreSQL ? "bytea" : "blob"), number double precision"
            )
            let bytes = kind == .postgreSQL ? "'\\xfffe00'" : "x'fffe00'"
            try await database.sql("INSERT INTO outbox (topic, data, number) VALUES ('t', \(bytes), 1.5)")
            try await OutboxBench.run(database.url, log: MemoryLog(), options: .testing()) { bench in
                let published = try await bench.published(1)
                #expect(published == ["1 t \"//4A\""])
            }
            let columns = try SQLOutboxOptions.Columns(data: "number")
            try await OutboxBench.run(database.url, log: MemoryLog(), options: .testing(columns: columns)) { bench in
                let published = try await bench.published(1)
                #expect(published == ["1 t 1.5"])
            }
            // A topic of bytes that are no text is none.
            try await database.reset(columns: "topic \(kind == .postgreSQL ? "bytea" : "blob"), data text")
            try await database.sql("INSERT INTO outbox (topic, data) VALUES (\(bytes), 'x')")
            try await OutboxBench.run(database.url, log: MemoryLog(), options: .testing()) { bench in
                try await bench.problem("its topic is no text")
            }
        }

        @Test("a table, column or key that is wrong is told with the database", arguments: Kind.allCases)
        func wrong(_ kind: Kind) async throws {
            let folder = FileTestFolder()
            let database = try await kind.open(folder)
            try await database.insert("a", "b")
            let wrong: [(SQLOutboxOptions, String)] = [
                (try .testing(table: "missing"), "missing"),
                (try .testing(columns: .init(topic: "missing")), "missing"),
                (try .testing(columns: .init(data: "missing")), "missing"),
                (try .testing(columns: .init(key: "missing")), "missing"),
                (try .testing(columns: .init(type: "missing")), "missing"),
                (try .testing(columns: .init(key: "topic")), "integer"),
            ]
            for (options, word) in wrong {
                try await OutboxBench.run(database.url, log: MemoryLog(), options: options) { bench in
                    try await eventually("it is told") { bench.monitor.status.problem != nil }
                    let problem = try #require(bench.monitor.status.problem)
                    #expect(problem.contains(word), "\(problem)")
                    #expect(problem.contains(database.url.database ?? "?"), "\(problem)")
                    #expect(!problem.contains("p@ss"))
                    #expect(try await bench.updates.isEmpty)
                }
            }
            // It is made later.
            try await database.sql("DROP TABLE outbox")
            try await OutboxBench.run(database.url, log: MemoryLog(), options: .testing()) { bench in
                try await eventually("it is told") { bench.monitor.status.problem != nil }
                try await database.reset()
                try await database.insert("a", "b")
                #expect(try await bench.published(1) == ["1 a b"])
                try await eventually("all is well") { bench.monitor.status.problem == nil }
            }
        }

        @Test("a row without a key that counts is told, and the others go on", arguments: Kind.allCases)
        func strayKeys(_ kind: Kind) async throws {
            let folder = FileTestFolder()
            let database = try await kind.open(folder)
            try await database.sql("CREATE TABLE IF NOT EXISTS loose (id bigint, topic text, data text)")
            try await database.sql("DELETE FROM loose")
            if kind == .postgreSQL { try await database.sql("GRANT SELECT ON loose TO martlet") }
            for (key, sentence) in [
                ("NULL", "the id of a row is NULL"), ("-5", "the id of a row is -5"), ("0", "is 0"),
            ] {
                try await database.sql("DELETE FROM loose")
                try await database.sql(
                    "INSERT INTO loose VALUES (\(key), 't', 'stray'), (1, 't', 'good'), (1, 't', 'twice')"
                )
                try await OutboxBench.run(database.url, log: MemoryLog(), options: .testing(table: "loose")) { bench in
                    try await bench.published(1)
                    try await eventually("both are told") { bench.told.lines.count >= 2 }
                    #expect(bench.told.lines.contains { $0.contains(sentence) }, "\(bench.told.lines)")
                    #expect(bench.told.lines.contains { $0.contains("another row has the same id") })
                    #expect(try await bench.updates.count == 1)
                }
            }
        }
    }
}
#endif
