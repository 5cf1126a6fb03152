import ServerSentEvents
import Testing

/// A stream and what a client makes of it.
struct ParserRow: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let bytes: [UInt8]
    let outcome: Outcome

    init(_ name: String, _ bytes: [UInt8], _ items: [EventParser.Item], id: String = "") {
        testDescription = name
        self.bytes = bytes
        outcome = Outcome(items: items.map(exact), lastEventID: exact(id))
    }

    init(_ name: String, _ text: String, _ items: [EventParser.Item], id: String = "") {
        self.init(name, Array(text.utf8), items, id: id)
    }
}

extension EventParser.Item {
    static func message(_ data: String, type: String = "message", id: String = "") -> Self {
        .event(MessageEvent(type: type, data: data, lastEventID: id))
    }
}

private let mark: [UInt8] = [0xEF, 0xBB, 0xBF]

extension ParserRow {
    static let table = marks + lineEnds + fields + data + ids + retries + ends + text + alignments

    static let marks: [ParserRow] = [
        ParserRow("a byte order mark is dropped", mark + "data: x\n\n".utf8, [.message("x")]),
        ParserRow("a byte order mark before a blank line", mark + "\ndata: x\n\n".utf8, [.message("x")]),
        ParserRow("a byte order mark before an LF that no CR owns", mark + "\r\ndata: x\n\n".utf8, [.message("x")]),
        ParserRow("a byte order mark and nothing else", mark, []),
        ParserRow("a second byte order mark is part of a name", mark + mark + "data: x\n\n".utf8, []),
        ParserRow(
            "a second byte order mark spoils its line only",
            mark + mark + "data: x\ndata: y\n\n".utf8,
            [.message("y")]
        ),
        ParserRow(
            "a byte order mark in mid stream is text",
            "data: x\n\n".utf8 + mark + "data: y\n\n".utf8,
            [.message("x")]
        ),
        ParserRow("a byte order mark in data is text", "data: \u{FEFF}x\n\n", [.message("\u{FEFF}x")]),
        ParserRow("a byte order mark after a comment is text", ":\n".utf8 + mark + "data: y\n\n".utf8, [.comment("")]),
        ParserRow("a mark without its last byte is a name", [0xEF, 0xBB] + "data: x\n\n".utf8, []),
        ParserRow("a mark without its last bytes is a name", [0xEF] + "data: x\n\n".utf8, []),
        ParserRow("a broken mark before a good line", [0xEF, 0xBB, 0x0A] + "data: x\n\n".utf8, [.message("x")]),
        ParserRow("a mark that begins twice", [0xEF, 0xEF, 0xBB, 0xBF] + "data: x\n\n".utf8, []),
        ParserRow("a UTF-16 mark is not a mark", [0xFE, 0xFF] + "data: x\n\n".utf8, []),
    ]

    static let lineEnds: [ParserRow] = {
        var rows = [
            ParserRow("LF CR are two line ends", "data: x\n\rdata: y\n\r", [.message("x"), .message("y")]),
            ParserRow("CR CR LF LF", "data: x\r\r\n\ndata: y\n\n", [.message("x"), .message("y")]),
            ParserRow("CR CR is a blank line", "data: x\r\rdata: y\r\r", [.message("x"), .message("y")]),
            ParserRow("one CRLF is no blank line", "data: x\r\ndata: y\r\n\r\n", [.message("x\ny")]),
            ParserRow("blank lines only", "\n\r\n\r\r\n\n", []),
            ParserRow("an LF first", "\ndata: x\n\n", [.message("x")]),
            ParserRow(
                "VT, FF, NEL, LS and PS end no line",
                "data: a\u{0B}b\u{0C}c\u{85}d\u{2028}e\u{2029}f\n\n",
                [.message("a\u{0B}b\u{0C}c\u{85}d\u{2028}e\u{2029}f")]
            ),
        ]
        let ends = ["\r", "\n", "\r\n"]
        for first in ends {
            for second in ends {
                // A CR and an LF that meet are one line end, so that an event would go on.
                let blank = first == "\r" && second == "\n" ? "\r\r" : first + second
                for third in ends {
                    for fourth in ends {
                        let bytes = "data: 1\(first)data: 2\(blank)event: t\(third)data: 3\(fourth)\(fourth)"
                        rows.append(
                            ParserRow(
                                "line ends \([first, second, third, fourth])",
                                bytes,
                                [.message("1\n2"), .message("3", type: "t")]
                            )
                        )
                    }
                }
            }
        }
        return rows
    }()

    static let fields: [ParserRow] = [
        ParserRow("a type", "event: add\ndata: 1\n\n", [.message("1", type: "add")]),
        ParserRow("the last type wins", "event: a\nevent: b\ndata: 1\n\n", [.message("1", type: "b")]),
        ParserRow("an empty type is message", "event: a\nevent:\ndata: 1\n\n", [.message("1")]),
        ParserRow("a type without colon is message", "event: a\nevent\ndata: 1\n\n", [.message("1")]),
        ParserRow(
            "a type is for one event",
            "event: a\ndata: 1\n\ndata: 2\n\n",
            [.message("1", type: "a"), .message("2")]
        ),
        ParserRow("a type without data is forgotten", "event: a\n\ndata: 2\n\n", [.message("2")]),
        ParserRow("a type after its data", "data: 1\nevent: a\n\n", [.message("1", type: "a")]),
        ParserRow("a NUL in a type passes", "event: a\0b\ndata: 1\n\n", [.message("1", type: "a\0b")]),
        ParserRow(
            "a long type",
            "event: \(String(repeating: "t", count: 99))\ndata: 1\n\n",
            [.message("1", type: String(repeating: "t", count: 99))]
        ),
        ParserRow("a comment", ": hello\n\n", [.comment("hello")]),
        ParserRow("a comment without text", ":\n\n", [.comment("")]),
        ParserRow("a comment without space", ":hello\n", [.comment("hello")]),
        ParserRow("a comment that looks like data", ":data: x\n\n", [.comment("data: x")]),
        ParserRow("a comment within an event", "data: 1\n: c\ndata: 2\n\n", [.comment("c"), .message("1\n2")]),
        ParserRow("an unknown field", "foo: bar\ndata: 1\nfoo\n\n", [.message("1")]),
        ParserRow("a name is case-sensitive", "DATA: 1\nData: 2\ndatA: 3\nEVENT: x\nID: 4\nRetry: 5\n\n", []),
        ParserRow("a name that goes on", "datax: 1\ndata2\nevents: 2\nids: 3\nidx\nretrys: 4\n\n", []),
        ParserRow("a name cut short", "d: 1\ndat: 2\nda\ni\ni: 3\neven: 4\nretr: 5\nr\ne\n\n", []),
        ParserRow("a name with a space before it", " data: 1\n\n", []),
        ParserRow("a name with a space behind it", "data : 1\ndata 1\n\n", []),
        ParserRow("a name with a NUL behind it", "data\0: 1\n\n", []),
        ParserRow("a name with a tab behind it", "data\t: 1\n\n", []),
        ParserRow("a name with an accent on it", "data\u{301}: 1\n\n", []),
        ParserRow("a colon with an accent on it", "data:\u{301}x\n\n", [.message("\u{301}x")]),
        ParserRow("a space with an accent on it", "data: \u{301}x\n\n", [.message("\u{301}x")]),
        ParserRow("a comment's colon with an accent on it", ":\u{301}\n\n", [.comment("\u{301}")]),
        ParserRow("a line end before an accent", "data: x\n\u{301}\r\n\r\n", [.message("x")]),
    ]

    static let data: [ParserRow] = [
        ParserRow("no stream", "", []),
        ParserRow("data", "data: x\n\n", [.message("x")]),
        ParserRow("data without space", "data:x\n\n", [.message("x")]),
        ParserRow("data with a leading space", "data:  x\n\n", [.message(" x")]),
        ParserRow("data that ends in spaces", "data: x  \n\n", [.message("x  ")]),
        ParserRow("data that begins with a tab", "data:\tx\n\n", [.message("\tx")]),
        ParserRow("data of one space", "data:  \n\n", [.message(" ")]),
        ParserRow("data with colons", "data: a:b: c\n\ndata::\n\n", [.message("a:b: c"), .message(":")]),
        ParserRow("data only a colon", "data:\n\n", [.message("")]),
        ParserRow("data no colon", "data\n\n", [.message("")]),
        ParserRow("data a colon and a space", "data: \n\n", [.message("")]),
        ParserRow("two empty lines of data", "data\ndata\n\n", [.message("\n")]),
        ParserRow("three empty lines of data", "data\ndata:\ndata: \n\n", [.message("\n\n")]),
        ParserRow("an empty line of data first", "data\ndata: x\n\n", [.message("\nx")]),
        ParserRow("an empty line of data last", "data: x\ndata\n\n", [.message("x\n")]),
        ParserRow("data of many lines", "data: YHOO\ndata: +2\ndata: 10\n\n", [.message("YHOO\n+2\n10")]),
        ParserRow("data with another field between", "data: 1\nevent: e\ndata: 2\n\n", [.message("1\n2", type: "e")]),
        ParserRow(
            "data forgets nothing and keeps nothing",
            "data: 1\ndata: 2\n\ndata: 3\n\ndata: 4\ndata: 5\n\n",
            [.message("1\n2"), .message("3"), .message("4\n5")]
        ),
        ParserRow("a NUL in data passes", "data: a\0b\n\n", [.message("a\0b")]),
        ParserRow("the specification's third example", "data\n\ndata\ndata\n\ndata:", [.message(""), .message("\n")]),
        ParserRow(
            "the specification's second example",
            ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
            [
                .comment("test stream"), .message("first event", id: "1"), .message("second event"),
                .message(" third event"),
            ]
        ),
    ]

    static let ids: [ParserRow] = [
        ParserRow("an id", "id: 1\ndata: x\n\n", [.message("x", id: "1")], id: "1"),
        ParserRow(
            "an id stays in force",
            "id: 1\ndata: x\n\ndata: y\n\n",
            [.message("x", id: "1"), .message("y", id: "1")],
            id: "1"
        ),
        ParserRow("the last id wins", "id: 1\ndata: x\nid: 2\n\n", [.message("x", id: "2")], id: "2"),
        ParserRow(
            "an empty id resets",
            "id: 1\ndata: x\n\nid:\ndata: y\n\n",
            [.message("x", id: "1"), .message("y")]
        ),
        ParserRow(
            "an id without colon resets",
            "id: 1\ndata: x\n\nid\ndata: y\n\n",
            [.message("x", id: "1"), .message("y")]
        ),
        ParserRow("an id without data is in force", "id: 1\n\n", [], id: "1"),
        ParserRow(
            "an id without data carries to the next event",
            "id: 1\n\ndata: x\n\n",
            [.message("x", id: "1")],
            id: "1"
        ),
        ParserRow("an id without data resets too", "id: 1\n\nid\n\n", []),
        ParserRow(
            "an id with NUL is ignored",
            "id: 1\ndata: x\n\nid: 2\0\ndata: y\n\n",
            [.message("x", id: "1"), .message("y", id: "1")],
            id: "1"
        ),
        ParserRow("an id that is NUL is ignored", "id: \0\ndata: y\n\n", [.message("y")]),
        ParserRow("an id with a leading space", "id:  1\n\n", [], id: " 1"),
        ParserRow("an id that is not UTF-8", Array("id: ".utf8) + [0xFF] + "\n\n".utf8, [], id: "\u{FFFD}"),
        ParserRow(
            "an id longer than a small string",
            "id: urn:uuid:0f5c1b1e-93b3-4c7f-9a8e\ndata: x\n\n",
            [.message("x", id: "urn:uuid:0f5c1b1e-93b3-4c7f-9a8e")],
            id: "urn:uuid:0f5c1b1e-93b3-4c7f-9a8e"
        ),
        ParserRow("an id that is not finished", "id: 1\n\nid: 2\ndata: x\n", [], id: "1"),
    ]

    static let retries: [ParserRow] = [
        ParserRow("a retry time", "retry: 1500\n", [.retry(1500)]),
        ParserRow("a retry time without space", "retry:0\n", [.retry(0)]),
        ParserRow("a retry time within an event", "data: x\nretry: 7\n\n", [.retry(7), .message("x")]),
        ParserRow(
            "a retry time that begins with zeros",
            "retry: \(String(repeating: "0", count: 40))12\n",
            [.retry(12)]
        ),
        ParserRow("the longest retry time", "retry: 9223372036854775807\n", [.retry(.max)]),
        ParserRow("a retry time one over", "retry: 9223372036854775808\n", []),
        ParserRow("a retry time of 30 digits", "retry: 123456789012345678901234567890\n", []),
        ParserRow("a retry time of 30 nines", "retry: \(String(repeating: "9", count: 30))\n", []),
        ParserRow("a negative retry time", "retry: -1\n", []),
        ParserRow("a signed retry time", "retry: +1\n", []),
        ParserRow("a retry time with a fraction", "retry: 1.5\n", []),
        ParserRow("a retry time with a space behind", "retry: 10 \n", []),
        ParserRow("a retry time with two spaces before", "retry:  10\n", []),
        ParserRow("a retry time with letters", "retry: 10ms\nretry: x\nretry: 0x10\n", []),
        ParserRow("a retry time in other digits", "retry: \u{0661}\u{0662}\nretry: \u{FF11}\n", []),
        ParserRow("a retry time with NUL", "retry: 1\0\n", []),
        ParserRow("an empty retry time", "retry:\nretry\nretry: \n", []),
    ]

    static let ends: [ParserRow] = [
        ParserRow("the end in a name", "data: x\n\nda", [.message("x")]),
        ParserRow("the end in a value", "data: x\n\ndata: y", [.message("x")]),
        ParserRow("the end before the blank line", "data: x\n\ndata: y\n", [.message("x")]),
        ParserRow("the end in a CRLF", "data: x\r\n\r", [.message("x")]),
        ParserRow("the end in the CRLF of a line", "data: x\r", []),
        ParserRow("the end in a retry time", "retry: 10", []),
        ParserRow("the end in a comment", ": c", []),
        ParserRow("the end in a byte order mark", [0xEF, 0xBB], []),
    ]

    static let text: [ParserRow] = [
        ParserRow("text of every length", "data: aé日𝄞\n\n", [.message("aé日𝄞")]),
        ParserRow("combining text is kept as it is", "data: e\u{301} \u{E9}\n\n", [.message("e\u{301} \u{E9}")]),
        ParserRow(
            "a byte that is never UTF-8",
            Array("data: a".utf8) + [0xFF] + "b\n\n".utf8,
            [.message("a\u{FFFD}b")]
        ),
        ParserRow("a continuation byte alone", Array("data: ".utf8) + [0x80] + "\n\n".utf8, [.message("\u{FFFD}")]),
        ParserRow(
            "a sequence cut by the line's end",
            Array("data: a".utf8) + [0xF0, 0x9D, 0x84] + "\n\n".utf8,
            [.message("a\u{FFFD}")]
        ),
        ParserRow(
            "a sequence does not go on in the next line",
            Array("data: ".utf8) + [0xE2, 0x82] + "\ndata: ".utf8 + [0xAC] + "\n\n".utf8,
            [.message("\u{FFFD}\n\u{FFFD}")]
        ),
        ParserRow(
            "a surrogate",
            Array("data: ".utf8) + [0xED, 0xA0, 0x80] + "\n\n".utf8,
            [.message("\u{FFFD}\u{FFFD}\u{FFFD}")]
        ),
        ParserRow(
            "an overlong LF is no line end",
            Array("data: ".utf8) + [0xC0, 0x8A] + "x\n\n".utf8,
            [.message("\u{FFFD}\u{FFFD}x")]
        ),
        ParserRow(
            "a type that is not UTF-8",
            Array("event: ".utf8) + [0xC3] + "\ndata\n\n".utf8,
            [.message("", type: "\u{FFFD}")]
        ),
        ParserRow(
            "bytes with the top bit set next to CR and LF",
            "data: \u{8D}\u{8A}\u{D}\ndata: \u{10A}\n\n",
            [.message("\u{8D}\u{8A}\n\u{10A}")]
        ),
        ParserRow(
            "bytes next to CR and LF in value",
            "data: \u{B}\u{C}\u{E}\u{9}\u{B}\u{C}\u{E}\u{9}\n\n",
            [.message("\u{B}\u{C}\u{E}\u{9}\u{B}\u{C}\u{E}\u{9}")]
        ),
    ]

    /// A line end at each place of the words that are scanned, behind lines of each length.
    static let alignments: [ParserRow] =
        (0...72).map { length in
            let long = String(repeating: "\u{C}", count: length)
            return ParserRow(
                "lines of \(length) bytes",
                "data:\(long)\rdata:\(long)x\r\ndata:\(long)xy\n\n",
                [.message("\(long)\n\(long)x\n\(long)xy")]
            )
        } + [
            ParserRow(
                "a line of 3,000 bytes",
                "data: \(String(repeating: "z", count: 3_000))\n\n",
                [.message(String(repeating: "z", count: 3_000))]
            )
        ]
}
