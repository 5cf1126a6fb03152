import ServerSentEvents
import Testing

@Suite("EventParser.Limits")
struct EventParserLimitTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let text: String
        var limits = EventParser.Limits()
        let items: [EventParser.Item]
        let error: EventParserError.Code?
    }

    static let rows: [Row] = {
        let line = EventParser.Limits(maxLineBytes: 8)
        let event = EventParser.Limits(maxEventBytes: 5)
        return [
            Row(
                testDescription: "a line at its limit",
                text: "data: xy\n\n",
                limits: line,
                items: [.message("xy")],
                error: nil
            ),
            Row(
                testDescription: "a line at its limit, with CRLF",
                text: "data: xy\r\n\r\n",
                limits: line,
                items: [.message("xy")],
                error: nil
            ),
            Row(
                testDescription: "a line one byte over",
                text: "data: xyz\n\n",
                limits: line,
                items: [],
                error: .lineTooLong
            ),
            Row(
                testDescription: "a line one byte over, not ended",
                text: "data: xyz",
                limits: line,
                items: [],
                error: .lineTooLong
            ),
            Row(
                testDescription: "a line at its limit, not ended",
                text: "data: xy",
                limits: line,
                items: [],
                error: nil
            ),
            Row(
                testDescription: "a comment one byte over",
                text: ":12345678",
                limits: line,
                items: [],
                error: .lineTooLong
            ),
            Row(
                testDescription: "an unknown field one byte over",
                text: "unknown: \n",
                limits: line,
                items: [],
                error: .lineTooLong
            ),
            Row(
                testDescription: "the byte order mark does not count",
                text: "\u{FEFF}data: xy\n\n",
                limits: line,
                items: [.message("xy")],
                error: nil
            ),
            Row(
                testDescription: "what came before is emitted",
                text: "data: 1\n\nretry: 2\ndata: 345\n\n",
                limits: line,
                items: [.message("1"), .retry(2)],
                error: .lineTooLong
            ),
            Row(
                testDescription: "nothing is read behind a line too long",
                text: "data: 345\n\ndata: 1\n\n",
                limits: line,
                items: [],
                error: .lineTooLong
            ),
            Row(
                testDescription: "data at its limit",
                text: "data: 12345\n\n",
                limits: event,
                items: [.message("12345")],
                error: nil
            ),
            Row(
                testDescription: "data one byte over",
                text: "data: 123456\n\n",
                limits: event,
                items: [],
                error: .eventTooLong
            ),
            Row(
                testDescription: "data of two lines at its limit",
                text: "data: 12\ndata: 45\n\n",
                limits: event,
                items: [.message("12\n45")],
                error: nil
            ),
            Row(
                testDescription: "data of two lines one byte over",
                text: "data: 12\ndata: 456\n",
                limits: event,
                items: [],
                error: .eventTooLong
            ),
            Row(
                testDescription: "empty lines of data count",
                text: String(repeating: "data\n", count: 6) + "\n",
                limits: event,
                items: [.message("\n\n\n\n\n")],
                error: nil
            ),
            Row(
                testDescription: "one empty line of data too many",
                text: String(repeating: "data\n", count: 7),
                limits: event,
                items: [],
                error: .eventTooLong
            ),
            Row(
                testDescription: "the limit is for one event",
                text: "data: 12345\n\ndata: 12345\n\n",
                limits: event,
                items: [.message("12345"), .message("12345")],
                error: nil
            ),
            Row(
                testDescription: "the limit is for bytes",
                text: "data: 日本\n\n",
                limits: event,
                items: [],
                error: .eventTooLong
            ),
            Row(
                testDescription: "a limit of zero lets empty data pass",
                text: "data\n\n",
                limits: EventParser.Limits(maxEventBytes: 0),
                items: [.message("")],
                error: nil
            ),
            Row(
                testDescription: "a limit of zero refuses a byte",
                text: "data:x\n\n",
                limits: EventParser.Limits(maxEventBytes: 0),
                items: [],
                error: .eventTooLong
            ),
            Row(
                testDescription: "a limit that is absurd does not crash",
                text: "data:x\n\n",
                limits: EventParser.Limits(maxLineBytes: .min, maxEventBytes: .min),
                items: [],
                error: .lineTooLong
            ),
        ]
    }()

    @Test("pass exactly what they say, wherever the stream is cut", arguments: rows)
    func table(row: Row) {
        let bytes = Array(row.text.utf8)
        let expected = Outcome(items: row.items.map(exact), error: row.error)
        #expect(Outcome(parsing: [bytes[...]], limits: row.limits) == expected)
        for (place, chunks) in bytes.twoWaySplits.enumerated() {
            #expect(Outcome(parsing: chunks, limits: row.limits) == expected, "cut at \(place)")
        }
        #expect(Outcome(parsing: bytes.byteByByte, limits: row.limits) == expected, "byte by byte")
    }

    @Test("are 16 MiB unless told otherwise")
    func defaults() {
        #expect(EventParser.Limits() == EventParser.Limits(maxLineBytes: 16_777_216, maxEventBytes: 16_777_216))
    }

    @Test("keep the parser from reading on, until finish()")
    func deadUntilFinish() throws {
        var parser = EventParser(limits: EventParser.Limits(maxLineBytes: 8))
        try parser.parse("id: 7\n\n".utf8) { _ in }
        #expect(throws: EventParserError.self) { try parser.parse("data: 1234".utf8) { _ in } }
        #expect(throws: EventParserError.self) { try parser.parse("\n\ndata: 1\n\n".utf8) { _ in Issue.record() } }
        #expect(throws: EventParserError.self) { try parser.parse([]) { _ in } }
        #expect(parser.lastEventID == "7")
        parser.finish()
        var items: [EventParser.Item] = []
        try parser.parse("data: 1\n\n".utf8) { items.append($0) }
        #expect(items == [.message("1", id: "7")])
    }

    @Test("are named in the error")
    func message() {
        var parser = EventParser(limits: EventParser.Limits(maxLineBytes: 8, maxEventBytes: 1))
        let line = #expect(throws: EventParserError.self) { try parser.parse("123456789".utf8) { _ in } }
        #expect(line?.code == .lineTooLong)
        #expect(line?.limit == 8)
        #expect(line?.message == "A line of the stream is longer than the limit of 8 bytes.")
        parser.finish()
        let event = #expect(throws: EventParserError.self) { try parser.parse("data:12\n".utf8) { _ in } }
        #expect(event.map { "\($0)" } == "The data of one event is longer than the limit of 1 bytes.")
        #expect(event.map { "\($0.code)" } == "eventTooLong")
    }
}
