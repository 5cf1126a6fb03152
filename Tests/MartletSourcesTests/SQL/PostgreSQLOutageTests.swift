#if PostgreSQL
import Testing

@testable import MartletSources

@Suite(
    "PostgreSQL that goes away",
    .enabled(if: PostgreSQLServer.programs != nil, "PostgreSQL is not installed")
)
struct PostgreSQLOutageTests {
    @Test("Queries and notifications work again after kill -9, with the same engine")
    func killed() async throws {
        let server = try await PostgreSQLServer()
        defer { server.end() }
        let engine = try PostgreSQLEngine(server.url())
        let notices = try engine.listen(channels: ["wake", "Odd \"name\"; DROP TABLE x; --"]).makeAsyncIterator()
        #expect(await notices.next() == .listening)
        try await server.sql("NOTIFY wake, 'one'")
        #expect(await notices.next() == .notification(channel: "wake", payload: "one"))
        try await server.sql("SELECT pg_notify('Odd \"name\"; DROP TABLE x; --', 'two')")
        #expect(await notices.next() == .notification(channel: "Odd \"name\"; DROP TABLE x; --", payload: "two"))

        #expect(try await engine.value("SELECT 1") == .integer(1))
        async let lost = engine.run([
            SQLStatement("SELECT 1"), SQLStatement("SELECT pg_sleep(4)"), SQLStatement("SELECT 2"),
        ])
        try await eventually("the query runs") {
            try await server.sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'") == "1"
        }
        server.kill()
        let results = await lost
        #expect(results.map { (try? $0.get()) != nil } == [true, false, false])
        for result in results[1...] {
            guard case .failure(let error) = result else { continue }
            #expect(error.code == .unavailable)
        }
        guard case .interrupted(let reason) = await notices.next() else {
            Issue.record("no interruption")
            return
        }
        #expect(reason.code == .unavailable)
        #expect(await engine.error("SELECT 1")?.code == .unavailable)

        try await server.start()
        #expect(try await engine.value("SELECT 1") == .integer(1))
        var notice = await notices.next()
        while case .interrupted = notice { notice = await notices.next() }
        #expect(notice == .listening)
        try await server.sql("NOTIFY wake")
        #expect(await notices.next() == .notification(channel: "wake", payload: ""))

        // A server that was away while nobody asked costs no query.
        server.kill()
        try await server.start()
        #expect(try await engine.value("SELECT 1") == .integer(1))
        await engine.close()
        notice = await notices.next()
        while notice != nil { notice = await notices.next() }
    }
}

@Suite("Notices of PostgreSQL", .enabled(if: PostgreSQLServer.programs != nil, "PostgreSQL is not installed"))
struct PostgreSQLNoticeTests {
    @Test("A reader that is too slow is told that it missed some")
    func overflow() async {
        let missed = SQLError(.unavailable, "too many")
        let buffer = PostgreSQLNoticeBuffer(capacity: 3, overflow: missed)
        for number in 0..<5 { buffer.add(.notification(channel: "c", payload: String(number))) }
        #expect(await buffer.next() == .interrupted(missed))
        #expect(await buffer.next() == .notification(channel: "c", payload: "3"))
        #expect(await buffer.next() == .notification(channel: "c", payload: "4"))
        buffer.end()
        #expect(await buffer.next() == nil)
    }

    @Test("A reader that is cancelled gets the end")
    func cancelled() async {
        let buffer = PostgreSQLNoticeBuffer(capacity: 3, overflow: SQLError(.unavailable, ""))
        let reader = Task { await buffer.next() }
        reader.cancel()
        #expect(await reader.value == nil)
    }

    @Test("Listening ends with the sequence")
    func dropped() async throws {
        let server = try await PostgreSQLServer.shared.value
        let engine = try PostgreSQLEngine(server.url())
        let count = "SELECT count(*) FROM pg_stat_activity WHERE query = 'LISTEN \"dropped\"'"
        do {
            let notices = try engine.listen(channels: ["dropped"])
            for await notice in notices {
                #expect(notice == .listening)
                break
            }
        }
        try await eventually("the connection is gone") { try await server.sql(count) == "0" }
    }

    @Test("A name that no channel has is refused", arguments: ["", "a\0b", String(repeating: "x", count: 64)])
    func names(_ name: String) async throws {
        let engine = try PostgreSQLEngine(try await PostgreSQLServer.shared.value.url())
        #expect(throws: SQLError.self) { try engine.listen(channels: [name]) }
    }
}
#endif
