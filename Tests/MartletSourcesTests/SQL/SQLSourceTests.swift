#if PostgreSQL && MySQL
import Martlet
import Testing

@testable import MartletSources

/// What `sql` sources promise, on the servers themselves.
@Suite("sql sources on real servers", .serialized)
struct SQLSourceTests {
    private static let count = "SELECT count(*) AS n FROM watched WHERE user_id = :user_id"
    private static let batched =
        "SELECT user_id, count(*) AS n FROM watched WHERE user_id IN (:user_id) GROUP BY user_id"

    private func watches(_ users: String...) throws -> [Watch] {
        try users.map { Watch(topic: try Topic("users/\($0)"), variables: ["user_id": $0]) }
    }

    private func check(_ url: SQLURL, _ sql: (String) async throws -> Void) async throws {
        try await sql("DROP TABLE IF EXISTS watched; CREATE TABLE watched (user_id int)")
        try await sql("INSERT INTO watched VALUES (1), (1), (2)")
        let single = SQLSampler(query: try SQLTemplate(Self.count)) { () throws(SQLError) in try url.makeEngine() }
        let many = SQLSampler(query: try SQLTemplate(Self.batched), batch: "user_id") { () throws(SQLError) in
            try url.makeEngine()
        }
        let users = try self.watches("1", "2", "3")
        let first = [#"{"n":2}"#, #"{"n":1}"#]
        #expect(await single.sample(users) == (first + [#"{"n":0}"#]).map { .success($0) })
        #expect(await many.sample(users) == (first + ["null"]).map { .success($0) })

        try await sql("INSERT INTO watched VALUES (2)")
        #expect(await single.sample(try self.watches("2")) == [.success(#"{"n":2}"#)])

        // Nobody looks for a while, then somebody does again.
        for sampler in [single, many] {
            await sampler.close()
            #expect(await sampler.sample(try self.watches("1")) == [.success(#"{"n":2}"#)])
        }

        for attempt in [
            "1 OR 1=1", "1' OR '1'='1", "1; DROP TABLE watched", "1) OR (1=1", "\\' OR 1=1 -- ", "x\" OR \"\"=\"",
        ] {
            let found = await many.sample(try self.watches(attempt, "1"))
            // Refused or not, it is nobody's count, and takes nobody's away.
            #expect(found[1] == .success(#"{"n":2}"#))
            if case .success(let value) = found[0] { #expect(value == "null", "\(attempt)") }
        }

        let wrong = SQLSampler(query: try SQLTemplate("SELECT n FROM missing")) { () throws(SQLError) in
            try url.makeEngine()
        }
        guard case .failure(let problem) = await wrong.sample(users)[0] else {
            Issue.record("a table that is missing was found")
            return
        }
        #expect(problem.code == .refused && problem.message.contains("missing"))
        for sampler in [single, many, wrong] { await sampler.close() }
    }

    @Test(.enabled(if: PostgreSQLServer.programs != nil, "PostgreSQL is not installed"))
    func `PostgreSQL`() async throws {
        let server = try await PostgreSQLServer.shared.value
        try await self.check(server.url()) {
            try await server.sql($0)
            try await server.sql("GRANT SELECT ON watched TO martlet")
        }
    }

    @Test(.enabled(if: MariaDBServer.isInstalled, "MariaDB is not installed"))
    func `MariaDB`() async throws {
        let server = try await MariaDBServer.shared.value
        try await self.check(server.url()) { try await server.sql($0) }
    }
}
#endif
