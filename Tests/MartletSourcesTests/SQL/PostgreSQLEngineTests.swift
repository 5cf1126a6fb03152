#if PostgreSQL
import Testing

@testable import MartletSources

@Suite("PostgreSQL", .enabled(if: PostgreSQLServer.programs != nil, "PostgreSQL is not installed"))
struct PostgreSQLEngineTests {
    let server: PostgreSQLServer
    let engine: PostgreSQLEngine

    init() async throws {
        self.server = try await PostgreSQLServer.shared.value
        self.engine = try PostgreSQLEngine(self.server.url())
    }

    @Test(
        "What the server refuses is named, without the password",
        arguments: [
            ("SELEC 1", "syntax error at or near \"SELEC\" [42601]"),
            ("SELECT * FROM missing", "relation \"missing\" does not exist [42P01]"),
            ("SELECT relnam FROM pg_class", "column \"relnam\" does not exist"),
            ("SELECT * FROM pg_authid", "permission denied for table pg_authid [42501]"),
            ("SELECT 1; SELECT 2", "cannot insert multiple commands into a prepared statement [42601]"),
            ("SELECT $1::int", "supplies 0 parameters"),
            ("SELECT 1 / 0", "division by zero [22012]"),
            ("COPY pg_class TO STDOUT", "COPY can't be used in a query"),
        ]
    )
    func refusals(_ text: String, _ part: String) async throws {
        let error = try #require(await self.engine.error(text))
        #expect(error.code == .query)
        #expect(error.message.contains(part))
        #expect(error.message.hasPrefix("postgresql://martlet@127.0.0.1:\(self.server.port)/app: "))
        #expect(!error.message.contains("p@ss"))
        #expect(try await self.engine.value("SELECT 1") == .integer(1))
    }

    @Test("What keeps it from connecting is named")
    func connecting() async throws {
        let urls = [
            (self.server.url(password: "wrong"), "password authentication failed for user \"martlet\""),
            (self.server.url(database: "nowhere"), "database \"nowhere\" does not exist"),
            (SQLURL(engine: .postgreSQL, host: "127.0.0.1", port: ServerProcess.freePort()), "Connection refused"),
            (SQLURL(engine: .postgreSQL, host: "/nowhere", database: "app"), "No such file or directory"),
        ]
        for (url, part) in urls {
            let error = try #require(await PostgreSQLEngine(url).error("SELECT 1"))
            #expect(error.code == .unavailable)
            #expect(error.message.contains(part))
            #expect(
                !error.message.contains("\n") && !error.message.contains("p@ss") && !error.message.contains("wrong")
            )
        }
    }

    @Test("A server that takes connections and says nothing is given up")
    func silence() async throws {
        let silent = try SilentServer()
        let url = SQLURL(engine: .postgreSQL, user: "u", host: "127.0.0.1", port: silent.port, database: "app")
        let engine = try PostgreSQLEngine(url, limits: SQLLimits(connect: .milliseconds(200)))
        let error = try #require(await engine.error("SELECT 1"))
        #expect(error == SQLError(.unavailable, "\(url): no connection within 0.2 seconds"))
    }

    @Test("A Unix socket works")
    func unixSocket() async throws {
        let engine = try PostgreSQLEngine(self.server.socketURL)
        #expect(try await engine.value("SELECT current_user::text") == .text("postgres"))
    }

    @Test("A thousand queries are answered in their order, each in a transaction of its own, by one connection")
    func thousand() async throws {
        let text = "SELECT $1::int AS n, pg_backend_pid() AS pid, txid_current()::text AS tx"
        let results = await self.engine.run((0..<1000).map { SQLStatement(text, [.integer(Int64($0))]) })
        let rows = try results.map { try #require(try $0.get().first).columns.map(\.value) }
        #expect(rows.map { $0[0] } == (0..<1000).map { .integer($0) })
        #expect(Set(rows.map { $0[1] }).count == 1)
        #expect(Set(rows.map { $0[2] }).count == 1000)
    }

    @Test("One that fails takes no other with it")
    func oneFails() async throws {
        let statements = (0..<100).map { SQLStatement("SELECT 100 / ($1::int - 50)", [.integer($0)]) }
        let results = await self.engine.run(
            statements + [SQLStatement("nonsense"), SQLStatement("nonsense"), SQLStatement("SELECT 1")]
        )
        let failed = results.indices.filter { if case .failure = results[$0] { true } else { false } }
        #expect(failed == [50, 100, 101])
        #expect(throws: SQLError.self) { try results[101].get() }
    }

    @Test("A COPY among others fails alone")
    func copy() async throws {
        let texts = (0..<12).map {
            $0 % 3 == 1 ? "COPY pg_class TO STDOUT" : $0 % 3 == 2 ? "COPY t FROM STDIN" : "SELECT \($0)"
        }
        let results = await self.engine.run(texts.map { SQLStatement($0) })
        #expect(results.map { $0.failure?.code } == (0..<12).map { $0 % 3 == 0 ? nil : .query })
    }

    @Test("A transaction that a query leaves open ends with it")
    func openTransaction() async throws {
        _ = await self.engine.error("BEGIN")
        let first = try await self.engine.value("SELECT txid_current()")
        #expect(try await self.engine.value("SELECT txid_current()") != first)
    }

    @Test("Hostile texts are texts")
    func hostile() async throws {
        let results = await self.engine.run(hostileTexts.map { SQLStatement("SELECT $1::text", [.text($0)]) })
        #expect(try results.map { try $0.get()[0].columns[0].value } == hostileTexts.map(SQLValue.text))
        let list = try await self.engine.rows("SELECT unnest($1::text[])", [.list(hostileTexts)])
        #expect(list.map { $0.columns[0].value } == hostileTexts.map(SQLValue.text))
    }

    @Test("A NUL is refused, and its neighbours are not")
    func nul() async throws {
        let arguments: [SQLValue] = [.text("a"), .text("a\0b"), .list(["x", "\0"])]
        let results = await self.engine.run(arguments.map { SQLStatement("SELECT $1::text", [$0]) })
        #expect(results[0] == .success([SQLRow(columns: [SQLRow.Column(name: "text", value: .text("a"))])]))
        let error = SQLError(.query, "\(self.server.url()): parameter 1 holds a NUL")
        #expect(results[1...] == [.failure(error), .failure(error)])
    }

    @Test("An answer has a limit of rows and of bytes, and the next query works")
    func limits() async throws {
        #expect(try await self.engine.rows("SELECT generate_series(1, 10000)").count == 10_000)
        let rows = try #require(await self.engine.error("SELECT generate_series(1, 10001)"))
        #expect(rows.code == .query && rows.message.contains("more than 10000 rows"))
        let results = await self.engine.run([
            SQLStatement("SELECT repeat('x', 1000000) FROM generate_series(1, 9)"), SQLStatement("SELECT 1"),
        ])
        #expect(throws: SQLError.self) { try results[0].get() }
        #expect(try results[1].get().count == 1)
    }

    @Test("A query that takes too long is ended by the server, its neighbours are answered")
    func serverTimeout() async throws {
        let engine = try PostgreSQLEngine(self.server.url(), limits: SQLLimits(statement: .milliseconds(200)))
        let results = await engine.run([SQLStatement("SELECT pg_sleep(30)::text"), SQLStatement("SELECT 1")])
        #expect(
            throws: SQLError(.unavailable, "\(self.server.url()): canceling statement due to statement timeout [57014]")
        ) {
            try results[0].get()
        }
        #expect(try results[1].get().count == 1)
    }

    @Test("A server that does not end it in time loses the connection")
    func clientTimeout() async throws {
        let engine = try PostgreSQLEngine(self.server.url(), limits: SQLLimits(statement: .milliseconds(200)))
        let results = await engine.run([
            SQLStatement("SELECT set_config('statement_timeout', '0', false)"),
            SQLStatement("SELECT pg_sleep(30)::text"),
        ])
        #expect((try? results[0].get()) != nil)
        #expect(
            throws: SQLError(
                .unavailable,
                "\(self.server.url()): no answer within 1.2 seconds, so the connection was dropped"
            )
        ) {
            try results[1].get()
        }
        #expect(try await engine.value("SELECT 1") == .integer(1))
    }

    @Test("A query that nobody waits for any more is left at once, and the next works")
    func cancellation() async throws {
        let task = Task { await self.engine.error("SELECT pg_sleep(3), 'cancelled'") }
        try await eventually("the query runs") {
            try await self.server.sql(
                "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%cancelled''' AND state = 'active'"
            ) == "1"
        }
        let start = ContinuousClock.now
        task.cancel()
        #expect(await task.value == SQLError(.unavailable, "\(self.server.url()): the query was cancelled"))
        #expect(try await self.engine.value("SELECT 1") == .integer(1))
        #expect(ContinuousClock.now - start < .seconds(2))
    }

    @Test("A statement whose table changed is prepared again, unseen")
    func changedTable() async throws {
        try await self.server.sql(
            "CREATE TABLE changing (a int); INSERT INTO changing VALUES (1); GRANT SELECT ON changing TO martlet"
        )
        #expect(try await self.engine.value("SELECT * FROM changing") == .integer(1))
        try await self.server.sql("ALTER TABLE changing ALTER a TYPE text")
        #expect(try await self.engine.value("SELECT * FROM changing") == .text("1"))
        _ = try await self.engine.rows("DEALLOCATE ALL")
        #expect(try await self.engine.value("SELECT * FROM changing") == .text("1"))
    }

    @Test("Statements are prepared once, and not without end")
    func preparedStatements() async throws {
        for _ in 0..<3 { _ = await self.engine.run((0..<300).map { SQLStatement("SELECT \($0)") }) }
        guard case .integer(let count) = try await self.engine.value("SELECT count(*) FROM pg_prepared_statements")
        else {
            Issue.record("no count")
            return
        }
        #expect(count <= 257 && count > 200, "\(count) are prepared")
        _ = try await self.engine.rows("SELECT 'again'")
        _ = try await self.engine.rows("SELECT 'again'")
        let again = "SELECT count(*) FROM pg_prepared_statements WHERE statement = 'SELECT ''again'''"
        #expect(try await self.engine.value(again) == .integer(1))
    }

    @Test("The server sees who asks, and no connection after the end")
    func close() async throws {
        let engine = try PostgreSQLEngine(self.server.url())
        guard case .integer(let pid)? = try await engine.value("SELECT pg_backend_pid()") else { return }
        #expect(
            try await self.server.sql("SELECT application_name FROM pg_stat_activity WHERE pid = \(pid)") == "martlet"
        )
        await engine.close()
        try await eventually("the connection is gone") {
            try await self.server.sql("SELECT count(*) FROM pg_stat_activity WHERE pid = \(pid)") == "0"
        }
        #expect(
            await engine.error("SELECT 1") == SQLError(.unavailable, "\(self.server.url()): the connection was closed")
        )
    }
}
#endif
