import Testing

/// One of the harness's tests of parsing: what the stream sends, in which pieces, and what is to be reported.
struct ParsingCase: Sendable, CustomTestStringConvertible {
    var name: String
    var pieces: [[UInt8]]
    var reports: [Harness.Report]

    var testDescription: String { name }

    init(_ name: String, _ pieces: [String], _ reports: [Harness.Report]) {
        self.init(name, bytes: pieces.map { Array($0.utf8) }, reports)
    }

    init(_ name: String, bytes: [[UInt8]], _ reports: [Harness.Report]) {
        self.name = name
        self.pieces = bytes
        self.reports = reports
    }

    static let basic: [ParsingCase] = [
        .init("one-line message in one chunk", ["data: Hello\n\n"], [.event("Hello")]),
        .init("one-line message in two chunks", ["data: Hel", "lo\n\n"], [.event("Hello")]),
        .init("two messages in one chunk", ["data: Hello\n\ndata: World\n\n"], [.event("Hello"), .event("World")]),
        .init("one two-line message", ["data: Hello\ndata:World\n\n"], [.event("Hello\nWorld")]),
        .init("empty data", ["data:\n\n"], [.event("")]),
        .init("specific type", ["event: greeting\ndata: Hello\n\n"], [.event("Hello", type: "greeting")]),
        .init("id", ["id: abc\ndata: Hello\n\n"], [.event("Hello", id: "abc")]),
        .init(
            "type and id",
            ["event: greeting\nid: abc\ndata: Hello\n\n"],
            [.event("Hello", type: "greeting", id: "abc")]
        ),
        .init("an id with a null is ignored", ["id: a\0bc\ndata: Hello\n\n"], [.event("Hello")]),
        .init(
            "the id persists",
            ["id: abc\ndata: first\n\n", "data: second\n\n"],
            [.event("first", id: "abc"), .event("second", id: "abc")]
        ),
        .init(
            "the id is overridden by an empty one",
            ["id: abc\ndata: first\n\n", "id: \ndata: second\n\n"],
            [.event("first", id: "abc"), .event("second")]
        ),
        .init(
            "fields in reverse order",
            ["data: Hello\nid: abc\nevent: greeting\n\n"],
            [.event("Hello", type: "greeting", id: "abc")]
        ),
        .init(
            "an unknown field is ignored",
            ["event: greeting\ncolor: blue\ndata: Hello\n\n"],
            [.event("Hello", type: "greeting")]
        ),
        .init("no leading space", ["event:greeting\ndata:Hello\n\n"], [.event("Hello", type: "greeting")]),
        .init("extra leading space", ["event:  greeting\ndata:  Hello\n\n"], [.event(" Hello", type: " greeting")]),
        .init("fields with no colon", ["data\n\ndata\ndata\n\n"], [.event(""), .event("\n")]),
        .init("multi-byte characters", ["data: €豆腐\n\n"], [.event("€豆腐")]),
        .init(
            "many messages in rapid succession",
            [(0..<100).map { "data: message \($0)\n\n" }.joined()],
            (0..<100).map { .event("message \($0)") }
        ),
        .init("multi-byte characters in single bytes", bytes: "data: €豆腐\n\n".utf8.map { [$0] }, [.event("€豆腐")]),
    ]

    static let comments: [ParsingCase] = [
        .init("single comment", [":Hello\n"], [.comment("Hello")]),
        .init("two comments in a row", [":Hello\n", ":World\n"], [.comment("Hello"), .comment("World")]),
        .init("comment before event", [":Hello\n", "data: Hello\n\n"], [.comment("Hello"), .event("Hello")]),
        .init("comment after event", ["data: Hello\n\n", ":Hello\n"], [.event("Hello"), .comment("Hello")]),
    ]

    private static let mark = "\u{FEFF}"

    static let byteOrderMarks: [ParsingCase] = [
        .init("stripped at the start", [mark + "data: Hello\n\n"], [.event("Hello")]),
        .init(
            "stripped before type and id",
            [mark + "event: greeting\nid: abc\ndata: Hello\n\n"],
            [.event("Hello", type: "greeting", id: "abc")]
        ),
        .init("with several", [mark + "data: First\n\ndata: Second\n\n"], [.event("First"), .event("Second")]),
        .init(
            "not stripped later",
            ["data: First\n\n", "data: \(mark)Second\n\n"],
            [.event("First"), .event(mark + "Second")]
        ),
        .init("split", bytes: [[0xEF, 0xBB], [0xBF] + Array("data: Hello\n\n".utf8)], [.event("Hello")]),
        .init("split into bytes", bytes: [[0xEF], [0xBB], [0xBF], Array("data: Hello\n\n".utf8)], [.event("Hello")]),
        .init("only the first", [mark + "data: \(mark)Hello\n\n"], [.event(mark + "Hello")]),
        .init("with several lines", [mark + "data: Line1\ndata: Line2\n\n"], [.event("Line1\nLine2")]),
        .init("before a comment", [mark + ":comment\ndata: Hello\n\n"], [.comment("comment"), .event("Hello")]),
        .init("before empty data", [mark + "data:\n\n"], [.event("")]),
    ]

    static let lineEnds: [ParsingCase] =
        [("LF", "\n"), ("CRLF", "\r\n"), ("CR", "\r")].flatMap { name, end in
            [Int.max, 1, 2].flatMap { size in
                lineEndCases.map { event, text, reports in
                    let bytes = Array(text.replacing("$", with: end).utf8)
                    let pieces = stride(from: 0, to: bytes.count, by: min(size, bytes.count)).map {
                        Array(bytes[$0..<min($0 + min(size, bytes.count), bytes.count)])
                    }
                    return ParsingCase("\(name), \(event), in pieces of \(size)", bytes: pieces, reports)
                }
            }
        } + [
            .init(
                "CRLF where CR is the end of a chunk",
                ["data: Hello\r", "\ndata: World\r", "\n\r\ndata: OK\r", "\n", "\r", "\n"],
                [.event("Hello\nWorld"), .event("OK")]
            )
        ]

    private static let lineEndCases: [(String, String, [Harness.Report])] = [
        ("one line", "data: event 1$$", [.event("event 1")]),
        (
            "one line and two", "data: event 1$$data: event 2 line 1$data: event 2 line 2$$",
            [.event("event 1"), .event("event 2 line 1\nevent 2 line 2")]
        ),
        ("an empty line first", "data:$data: line2$data: line3$$", [.event("\nline2\nline3")]),
        ("an empty line in the middle", "data: line1$data:$data: line3$$", [.event("line1\n\nline3")]),
        ("an extra empty line", "data: event 1$$$data: event 2$$", [.event("event 1"), .event("event 2")]),
        ("two extra empty lines", "data: event 1$$$$data: event 2$$", [.event("event 1"), .event("event 2")]),
    ]

    static let sizes: [ParsingCase] = [
        1, 128, 512, 1023, 1024, 1025, 2048, 3999, 4094, 4096, 4098, 6144, 8189, 8192, 8195, 12_288, 16_384, 32_768,
        65_536, 262_144, 1_048_576,
    ].map { size in
        let data = String(repeating: "x", count: size)
        return .init("\(size) bytes", ["data: \(data)\n\n"], [.event(data)])
    }

    static let all = basic + comments + byteOrderMarks + lineEnds + sizes
}
