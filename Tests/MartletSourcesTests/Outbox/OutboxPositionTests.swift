import Testing

@testable import MartletSources

@Suite("How far an outbox was read") struct OutboxPositionTests {
    private typealias Gap = OutboxPosition.Gap

    private func position(_ keys: [Int64]) -> OutboxPosition {
        var position = OutboxPosition()
        for key in keys { position.advance(to: key, at: 100) }
        return position
    }

    @Test func `keys that were missing are those between`() {
        let position = self.position([1, 2, 5, 9])
        #expect(position.through == 9)
        #expect(position.gaps == [Gap(first: 3, last: 4, since: 100), Gap(first: 6, last: 8, since: 100)])
        #expect((1...9).filter { position.isMissing($0) } == [3, 4, 6, 7, 8])
        #expect(!position.isMissing(0) && !position.isMissing(10) && !position.isMissing(.max))
    }

    @Test func `one that comes late is missing no longer`() {
        var position = self.position([1, 9])
        for key in [5, 2, 8, 3] as [Int64] {
            let wasMissing = position.fill(key)
            #expect(wasMissing)
        }
        #expect(position.gaps.map { [$0.first, $0.last] } == [[4, 4], [6, 7]])
        for key in [5, 1, 9, 10, 0, .min, .max] as [Int64] {
            let wasMissing = position.fill(key)
            #expect(!wasMissing)
        }
        for key in [4, 6, 7] as [Int64] {
            let wasMissing = position.fill(key)
            #expect(wasMissing)
        }
        #expect(position.gaps.isEmpty && position.through == 9)
    }

    @Test func `the largest keys are keys`() {
        var position = self.position([.max - 2, .max])
        #expect(position.isMissing(.max - 1))
        for key in [.max - 1, 1, .max - 3] as [Int64] {
            let wasMissing = position.fill(key)
            #expect(wasMissing)
        }
        #expect(OutboxBookmark(OutboxBookmark(table: "t", key: "k", position: position).text)?.position == position)
    }

    @Test func `a thousand gaps are kept, the newest, and none for longer than a day`() {
        var position = self.position((1...5000).map { $0 * 2 })
        position.expire(at: 100)
        #expect(position.gaps.count == OutboxPosition.maxGaps)
        #expect(position.gaps.last == Gap(first: 9999, last: 9999, since: 100))
        #expect(position.gaps.first == Gap(first: 8001, last: 8001, since: 100))
        position.advance(to: 10_003, at: 5000)
        position.expire(at: 100 + OutboxPosition.patience)
        #expect(position.gaps.count == OutboxPosition.maxGaps)
        position.expire(at: 101 + OutboxPosition.patience)
        #expect(position.gaps == [Gap(first: 10_001, last: 10_002, since: 5000)])
    }

    @Test func `it is kept in a few kilobytes`() {
        var position = self.position((1...3000).map { 1_000_000_000 + $0 * 3 })
        position.expire(at: 100)
        let text = OutboxBookmark(table: "shop.orders", key: "id", position: position).text
        #expect(text.utf8.count < 8000)
        #expect(OutboxBookmark(text) == OutboxBookmark(table: "shop.orders", key: "id", position: position))
    }

    @Test(
        "what is no position is none",
        arguments: [
            "", "7", "{}", "null", #"{"v":2,"table":"t","key":"k","through":5,"gaps":[]}"#,
            #"{"v":1,"table":"t","key":"k","through":-1,"gaps":[]}"#,
            #"{"v":1,"table":"t","key":"k","through":5,"gaps":[1,0]}"#,
            #"{"v":1,"table":"t","key":"k","through":5,"gaps":[1,4,9]}"#,
            #"{"v":1,"table":"t","key":"k","through":5,"gaps":[0,0,9]}"#,
            #"{"v":1,"table":"t","key":"k","through":5,"gaps":[2,-1,9]}"#,
            #"{"v":1,"table":"t","key":"k","through":9,"gaps":[2,1,9,0,1,1]}"#,
            #"{"v":1,"table":"t","key":"k","through":9,"gaps":[9223372036854775807,9223372036854775807,9]}"#,
            #"{"v":1,"table":"t","key":"k","through":9e99,"gaps":[]}"#, #"{"v":1,"through":5,"gaps":[]}"#,
        ]
    )
    func unreadable(_ text: String) {
        #expect(OutboxBookmark(text) == nil)
    }

    @Test func `what was seen a while ago is settled, with all below it`() {
        let start = ContinuousClock.now
        var marks = OutboxMarks<ContinuousClock.Instant>(wait: .seconds(2))
        marks.note(10, at: start)
        marks.note(10, at: start + .seconds(1))
        marks.note(7, at: start + .seconds(1))
        marks.note(1000, at: start + .seconds(1))
        #expect(!marks.isSettled(5))
        #expect(marks.settling(of: 5) == start + .seconds(2) && marks.settling(of: 11) == start + .seconds(3))
        #expect(marks.settling(of: 1001) == nil)
        marks.note(1000, at: start + .seconds(2))
        #expect(marks.isSettled(10) && !marks.isSettled(11))
        marks.note(0, at: start + .seconds(10))
        #expect(marks.isSettled(1000) && !marks.isSettled(1001))
        #expect(OutboxMarks<ContinuousClock.Instant>(wait: .zero).isSettled(.max))
    }
}

@Suite("Names of tables and columns") struct SQLIdentifierTests {
    @Test func `are quoted as the database has it`() throws {
        let table = try SQLIdentifier(table: "shop.orders")
        #expect(table.quoted(for: .postgreSQL) == #""shop"."orders""#)
        #expect(table.quoted(for: .mySQL) == "`shop`.`orders`" && table.quoted(for: .sqlite) == "`shop`.`orders`")
        #expect(try SQLIdentifier(column: "_A1").quoted(for: .postgreSQL) == #""_A1""#)
    }

    @Test(
        "can be nothing else",
        arguments: [
            "", " ", "a b", "a;b", "a\"", "\"a\"", "a`", "a'", "1a", "a-b", "a--", "a/*", "a\0", "a\n", "a)", "(a", "*",
            "a$b", "ä", "a\u{301}", "a..b", ".a", "a.", "a.b.c", "a,b", "a=1", "a\\", "\u{FF21}",
            "outbox\"; DROP TABLE outbox; --", "outbox UNION SELECT 1", String(repeating: "a", count: 64),
        ]
    )
    func refused(_ text: String) {
        #expect(throws: SQLError.self) { try SQLIdentifier(table: text) }
        #expect(throws: SQLError.self) { try SQLIdentifier(column: text) }
        #expect(throws: SQLError.self) { try SQLOutboxOptions.Columns(key: text) }
        #expect(throws: SQLError.self) { try SQLOutboxOptions.Columns(topic: text) }
        #expect(throws: SQLError.self) { try SQLOutboxOptions.Columns(data: text) }
        #expect(throws: SQLError.self) { try SQLOutboxOptions.Columns(type: text) }
        #expect(throws: SQLError.self) { try SQLOutboxOptions.Columns(isPrivate: text) }
        #expect(throws: SQLError.self) { try SQLOutboxOptions(table: text, columns: .init()) }
    }

    @Test func `a column has no schema`() {
        #expect(throws: SQLError.self) { try SQLIdentifier(column: "a.b") }
    }
}
