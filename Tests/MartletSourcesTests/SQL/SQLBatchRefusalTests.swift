#if PostgreSQL
import Martlet
import Testing

@testable import MartletSources

@Suite(
    "A batch that PostgreSQL refuses",
    .enabled(if: PostgreSQLServer.programs != nil, "PostgreSQL is not installed"),
    .timeLimit(.minutes(1))
)
struct SQLBatchRefusalTests {
    @Test func `a thousand words keep user 42 waiting for no longer than two ticks`() async throws {
        let server = try await PostgreSQLServer.shared.value
        try await server.sql(
            """
            DROP TABLE IF EXISTS refusing; CREATE TABLE refusing (user_id int PRIMARY KEY, n int);
            INSERT INTO refusing SELECT i, i * 2 FROM generate_series(1, 2000) i; GRANT SELECT ON refusing TO martlet
            """
        )
        let query = try SQLTemplate("SELECT user_id, n FROM refusing WHERE user_id IN (:user_id)")
        let url = server.url()
        let sampler = SQLSampler(query: query, batch: "user_id") { () throws(SQLError) in try url.makeEngine() }
        func watches(_ ids: [String]) throws -> [Watch] {
            try ids.map { Watch(topic: try Topic("users/\($0)"), variables: ["user_id": $0]) }
        }
        let users = (1...2000).map(String.init).filter { $0 != "42" }
        let first = await sampler.sample(try watches(users))
        #expect(first.allSatisfy { $0.failure == nil })
        // Words, numbers that are none for this column, and user 42, all new.
        let strangers = (1...1000).map { $0.isMultiple(of: 2) ? "word\($0)" : "99999999999\($0)" }
        let all = try watches(users + ["42"] + strangers)
        let start = ContinuousClock.now
        var results = await sampler.sample(all)
        #expect(results[..<1999].allSatisfy { $0.failure == nil })
        if results[1999].failure != nil { results = await sampler.sample(all) }
        #expect(results[1999] == .success(#"{"n":84}"#))
        #expect(ContinuousClock.now - start < .seconds(10))
        #expect(results[2000...].contains { $0.failure?.message.contains("word") == true })
        // Then it is as if they were not there.
        _ = await sampler.sample(all)
        let next = await sampler.sample(all)
        #expect(next[..<2000].allSatisfy { $0.failure == nil })
        await sampler.close()
    }
}
#endif
