import ServerSentEvents
import Testing

@Suite("EventParser")
struct EventParserTests {
    @Test("reads each stream as WHATWG HTML 9.2.6 says, wherever it is cut", arguments: ParserRow.table)
    func table(row: ParserRow) {
        #expect(Outcome(parsing: [row.bytes[...]]) == row.outcome)
        #expect(ReferenceParser.outcome(of: row.bytes) == row.outcome, "the reference agrees")
        for (place, chunks) in row.bytes.twoWaySplits.enumerated() {
            #expect(Outcome(parsing: chunks) == row.outcome, "cut at \(place)")
        }
        #expect(Outcome(parsing: row.bytes.byteByByte) == row.outcome, "byte by byte")
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<20 {
            let chunks = row.bytes.randomSplit(using: &generator)
            #expect(Outcome(parsing: chunks) == row.outcome, "in chunks of \(chunks.map(\.count))")
        }
    }

    @Test("emits an event with the CR that completes it, and drops the LF that comes later")
    func carriageReturnAtOnce() throws {
        var parser = EventParser()
        var items: [EventParser.Item] = []
        try parser.parse("data: x\r\n\r".utf8) { items.append($0) }
        #expect(items == [.message("x")])
        try parser.parse("\n".utf8) { items.append($0) }
        try parser.parse("".utf8) { items.append($0) }
        #expect(items == [.message("x")])
        try parser.parse("data: y\r".utf8) { items.append($0) }
        try parser.parse("".utf8) { items.append($0) }
        try parser.parse("\ndata: z\r".utf8) { items.append($0) }
        #expect(items == [.message("x")], "an LF that belongs to a CR is no blank line")
        try parser.parse("\r".utf8) { items.append($0) }
        #expect(items == [.message("x"), .message("y\nz")])
    }

    @Test("emits a retry time with its line, not with its event")
    func retryAtOnce() throws {
        var parser = EventParser()
        var items: [EventParser.Item] = []
        try parser.parse("data: x\nretry: 5\r".utf8) { items.append($0) }
        #expect(items == [.retry(5)])
    }

    @Test("reports comments only if asked to")
    func commentsAreQuiet() throws {
        var parser = EventParser()
        try parser.parse(": hello\n\ndata: x\n\n".utf8) { #expect($0 == .message("x")) }
    }

    @Test("has the id in force from the start, and until another comes")
    func idInForce() {
        let stream = Array("data: x\n\nid: 2\ndata: y\n\n".utf8)
        let outcome = Outcome(parsing: [stream[...]], lastEventID: "1")
        #expect(outcome.items == [exact(.message("x", id: "1")), exact(.message("y", id: "2"))])
        #expect(outcome.lastEventID == exact("2"))
    }

    @Test("changes lastEventID at the blank line only")
    func idAtTheBlankLine() throws {
        var parser = EventParser(lastEventID: "0")
        try parser.parse("id: 1\ndata: x\n".utf8) { _ in }
        #expect(parser.lastEventID == "0")
        try parser.parse("\n".utf8) { _ in }
        #expect(parser.lastEventID == "1")
    }

    @Test(
        "forgets at the end of a stream what is unfinished, and begins anew with the id in force",
        arguments: [
            "id: 2\n", "id: 2\ndata: left\nevent: over\n", "id: 2\rdata: left\r", "da", "data: left", "\r", "\u{FEFF}",
        ]
    )
    func finish(unfinished: String) throws {
        var parser = EventParser(lastEventID: "1", reportsComments: true)
        var items: [EventParser.Item] = []
        if unfinished != "\u{FEFF}" { try parser.parse(": hello\n".utf8) { _ in } }
        try parser.parse(unfinished.utf8) { items.append($0) }
        parser.finish()
        #expect(parser.lastEventID == "1")
        try parser.parse("\u{FEFF}data: x\n\n: c\n".utf8) { items.append($0) }
        #expect(items == [.message("x", id: "1"), .comment("c")])
    }

    @Test("treats an LF at the start of a new stream as a blank line, even if the old one ended with CR")
    func finishAfterCarriageReturn() throws {
        var parser = EventParser()
        try parser.parse("data: x\r".utf8) { _ in }
        parser.finish()
        var items: [EventParser.Item] = []
        try parser.parse("\ndata: y\n\n".utf8) { items.append($0) }
        #expect(items == [.message("y")])
    }

    @Test("passes on what emit throws, and reads nothing behind that item")
    func emitThrows() throws {
        struct Enough: Error {}
        for stream in ["id: 1\ndata: x\n\nid: 2\ndata: y\n\n", "id: 1\ndata: x\r\n\r\nid: 2\ndata: y\r\n\r\n"] {
            for start in ["", "id: 0\nda"] {
                var parser = EventParser()
                try parser.parse(start.utf8) { _ in }
                var items: [EventParser.Item] = []
                #expect(throws: Enough.self) {
                    try parser.parse(((start.isEmpty ? "" : "ta\n") + stream).utf8) {
                        items.append($0)
                        throw Enough()
                    }
                }
                #expect(items.count == 1)
                #expect(parser.lastEventID == "1")
                parser.finish()
                try parser.parse("data: z\n\n".utf8) { items.append($0) }
                #expect(items.last == .message("z", id: "1"))
            }
        }
    }

    @Test("keeps the data that came before a retry time whose emit throws")
    func emitThrowsWithinAnEvent() throws {
        struct Enough: Error {}
        var parser = EventParser()
        #expect(throws: Enough.self) { try parser.parse("data: x\nretry: 1\n".utf8) { _ in throw Enough() } }
        var items: [EventParser.Item] = []
        try parser.parse("data: y\n\n".utf8) { items.append($0) }
        #expect(items == [.message("x\ny")])
    }

    @Test("takes bytes from whatever holds them")
    func sources() throws {
        let bytes = Array("data: x\n\n".utf8)
        var items: [EventParser.Item] = []
        var parser = EventParser()
        try parser.parse(bytes) { items.append($0) }
        try parser.parse((bytes + bytes)[bytes.count...]) { items.append($0) }
        try parser.parse("data: x\n\n".utf8) { items.append($0) }
        try parser.parse(bytes.lazy.map { $0 }) { items.append($0) }
        try parser.parse(AnySequence(bytes)) { item in if items.count < 99 { items.append(item) } }
        try bytes.withUnsafeBytes { bytes in try parser.parse(bytes) { items.append($0) } }
        try bytes.withUnsafeBufferPointer { bytes in try parser.parse(bytes) { items.append($0) } }
        try parser.parse(UnsafeRawBufferPointer(start: nil, count: 0)) { items.append($0) }
        try parser.parse([]) { items.append($0) }
        #expect(items == Array(repeating: .message("x"), count: 7))
    }

    @Test("is a value: a copy goes its own way")
    func copies() throws {
        var parser = EventParser()
        try parser.parse("data: a\ndata: b\nid: 1\nda".utf8) { _ in }
        var copy = parser
        var items: [EventParser.Item] = []
        try parser.parse("ta: c\n\n".utf8) { items.append($0) }
        try copy.parse("ta: d\n\n".utf8) { items.append($0) }
        #expect(items == [.message("a\nb\nc", id: "1"), .message("a\nb\nd", id: "1")])
    }
}
