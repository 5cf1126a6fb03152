#if MySQL
import Testing

@testable import MartletSources

@Suite("MariaDB", .enabled(if: MariaDBServer.isInstalled, "MariaDB is not installed"))
struct MySQLEngineTests {
    let server: MariaDBServer
    let engine: MySQLEngine

    init() async throws {
        self.server = try await MariaDBServer.shared.value
        self.engine = try MySQLEngine(self.server.url())
    }

    @Test(
        "What the server refuses is named, without the password",
        arguments: [
            ("SELEC 1", "error in your SQL syntax"),
            ("SELECT * FROM missing", "Table 'app.missing' doesn't exist [1146]"),
            ("SELECT nothing", "Unknown column 'nothing'"),
            ("SELECT * FROM mysql.user", "SELECT command denied to user"),
            ("SELECT 1; SELECT 2", "error in your SQL syntax"),
            ("SELECT ?", "the query takes 1 parameters and got 0"),
            ("SELECT pow(10, 1000)", "out of range"),
        ]
    )
    func refusals(_ text: String, _ part: String) async throws {
        let error = try #require(await self.engine.error(text))
        #expect(error.code == .query)
        #expect(error.message.contains(part))
        #expect(error.message.hasPrefix("mysql://martlet@127.0.0.1:\(self.server.port)/app: "))
        #expect(!error.message.contains("p@ss"))
        #expect(try await self.engine.value("SELECT 1") == .integer(1))
    }

    @Test("What keeps it from connecting is named")
    func connecting() async throws {
        let urls = [
            (self.server.url(password: "wrong"), "Access denied for user 'martlet'"),
            (self.server.url(database: "nowhere"), "database 'nowhere'"),
            (
                SQLURL(engine: .mySQL, host: "127.0.0.1", port: ServerProcess.freePort(), database: "app"),
                "Can't connect"
            ),
            (SQLURL(engine: .mySQL, host: "/nowhere", database: "app"), "Can't connect to local server through socket"),
        ]
        for (url, part) in urls {
            let error = try #require(await MySQLEngine(url).error("SELECT 1"))
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
        let url = SQLURL(engine: .mySQL, user: "u", host: "127.0.0.1", port: silent.port, database: "app")
        let engine = try MySQLEngine(url, limits: SQLLimits(connect: .seconds(1), statement: .zero))
        let start = ContinuousClock.now
        #expect(await engine.error("SELECT 1")?.code == .unavailable)
        #expect(ContinuousClock.now - start < .seconds(4))
    }

    @Test("A Unix socket works")
    func unixSocket() async throws {
        let engine = try MySQLEngine(self.server.socketURL)
        #expect(try await engine.value("SELECT current_user()") == .text("root@localhost"))
    }

    @Test("A thousand queries are answered in their order, by one connection and one prepared statement")
    func thousand() async throws {
        let prepared = SQLStatement("SHOW SESSION STATUS LIKE 'Com_stmt_prepare'")
        let statements = (0..<1000).map { SQLStatement("SELECT ? AS n, connection_id() AS id", [.integer($0)]) }
        let results = await self.engine.run(statements + [prepared])
        let rows = try results.map { try #require(try $0.get().first).columns.map(\.value) }
        #expect(rows.dropLast().map { $0[0] } == (0..<1000).map { .integer($0) })
        #expect(Set(rows.dropLast().map { $0[1] }).count == 1)
        #expect(rows.last == [.text("Com_stmt_prepare"), .text("2")])
    }

    @Test("One that fails takes no other with it")
    func oneFails() async throws {
        let texts = ["SELECT 1", "nonsense", "SELECT * FROM missing", "SELECT 2"]
        let results = await self.engine.run(texts.map { SQLStatement($0) })
        #expect(results.map { (try? $0.get()) != nil } == [true, false, false, true])
    }

    @Test("Hostile texts are texts")
    func hostile() async throws {
        let results = await self.engine.run(hostileTexts.map { SQLStatement("SELECT ?", [.text($0)]) })
        #expect(try results.map { try $0.get()[0].columns[0].value } == hostileTexts.map(SQLValue.text))
    }

    @Test("A NUL and a list are refused, and their neighbours are not")
    func refusedArguments() async throws {
        let arguments: [SQLValue] = [.text("a\0b"), .list(["x"]), .text("a")]
        let results = await self.engine.run(arguments.map { SQLStatement("SELECT ? AS a", [$0]) })
        let url = self.server.url()
        #expect(results[0] == .failure(SQLError(.query, "\(url): parameter 1 holds a NUL")))
        #expect(results[1] == .failure(SQLError(.query, "\(url): parameter 1 is a list, which MySQL does not take")))
        #expect(results[2] == .success([SQLRow(columns: [SQLRow.Column(name: "a", value: .text("a"))])]))
    }

    @Test("An answer has a limit of rows and of bytes, and the next query works")
    func limits() async throws {
        #expect(try await self.engine.rows("SELECT seq FROM seq_1_to_10000").count == 10_000)
        let results = await self.engine.run([
            SQLStatement("SELECT seq FROM seq_1_to_1000000"),
            SQLStatement("SELECT repeat('x', 1000000) FROM seq_1_to_9"),
            SQLStatement("SELECT 1"),
        ])
        for result in results[..<2] {
            guard case .failure(let error) = result else { throw ServerFailure(description: "not refused") }
            #expect(error.code == .query && error.message.contains("the answer has more than"))
        }
        #expect(try results[2].get().count == 1)
    }

    @Test("A query that takes too long is ended by the server, its neighbours are answered")
    func serverTimeout() async throws {
        let engine = try MySQLEngine(self.server.url(), limits: SQLLimits(statement: .milliseconds(200)))
        let results = await engine.run([SQLStatement("SELECT sleep(30)"), SQLStatement("SELECT 1")])
        guard case .failure(let error) = results[0] else { throw ServerFailure(description: "not ended") }
        #expect(error.code == .unavailable && error.message.contains("max_statement_time exceeded"))
        #expect(try results[1].get().count == 1)
    }

    @Test("A server that does not end it in time loses the connection")
    func clientTimeout() async throws {
        let engine = try MySQLEngine(self.server.url(), limits: SQLLimits(statement: .milliseconds(200)))
        let error = try #require(
            await engine.run([SQLStatement("SET SESSION max_statement_time = 0"), SQLStatement("SELECT sleep(30)")])
                .last?.failure
        )
        #expect(error.code == .unavailable)
        #expect(try await engine.value("SELECT 1") == .integer(1))
    }

    @Test("A query that nobody waits for any more is left at once, and the next works")
    func cancellation() async throws {
        let task = Task { await self.engine.error("SELECT sleep(3), 'cancelled'") }
        try await eventually("the query runs") {
            try await self.server.sql(
                "SELECT count(*) FROM information_schema.processlist WHERE info LIKE '%''cancelled'''"
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
        try await self.server.sql("CREATE TABLE changing (a int); INSERT INTO changing VALUES (1)")
        #expect(try await self.engine.value("SELECT * FROM changing") == .integer(1))
        try await self.server.sql("ALTER TABLE changing MODIFY a text")
        #expect(try await self.engine.value("SELECT * FROM changing") == .text("1"))
        try await self.server.sql("ALTER TABLE changing ADD b int")
        #expect(
            try await self.engine.rows("SELECT * FROM changing").first?.columns.map(\.value) == [.text("1"), .null]
        )
        try await self.server.sql("ALTER TABLE changing DROP a")
        #expect(try await self.engine.rows("SELECT * FROM changing").first?.columns.map(\.value) == [.null])
    }

    @Test("A procedure's first answer counts")
    func procedure() async throws {
        try await self.server.sql(
            """
            DELIMITER //
            CREATE PROCEDURE twice() BEGIN SELECT 1 AS a; SELECT 2 AS b; END//
            GRANT EXECUTE ON PROCEDURE twice TO martlet@'127.0.0.1'//
            """
        )
        for _ in 0..<2 { #expect(try await self.engine.value("CALL twice()") == .integer(1)) }
        #expect(try await self.engine.value("SELECT 3") == .integer(3))
    }

    @Test("A connection that the server ended while nobody asked costs no query")
    func idle() async throws {
        guard case .integer(let id)? = try await self.engine.value("SELECT connection_id()") else { return }
        try await self.server.sql("KILL \(id)")
        try await eventually("the connection is gone") {
            try await self.server.sql("SELECT count(*) FROM information_schema.processlist WHERE id = \(id)") == "0"
        }
        #expect(try await self.engine.value("SELECT 1") == .integer(1))
        await self.engine.close()
        #expect(
            await self.engine.error("SELECT 1")
                == SQLError(.unavailable, "\(self.server.url()): the connection was closed")
        )
    }

    @Test("Queries work again after kill -9, with the same engine")
    func killed() async throws {
        let server = try await MariaDBServer()
        defer { server.end() }
        let engine = try MySQLEngine(server.url())
        async let lost = engine.run([
            SQLStatement("SELECT 1"), SQLStatement("SELECT sleep(4)"), SQLStatement("SELECT 2"),
        ])
        try await eventually("the query runs") {
            try await server.sql("SELECT count(*) FROM information_schema.processlist WHERE info LIKE 'SELECT sleep%'")
                == "1"
        }
        server.kill()
        let results = await lost
        #expect(results.map { $0.failure?.code } == [nil, .unavailable, .unavailable])
        #expect(await engine.error("SELECT 1")?.code == .unavailable)
        try await server.start()
        #expect(try await engine.value("SELECT 1") == .integer(1))
        await engine.close()
    }
}
#endif
