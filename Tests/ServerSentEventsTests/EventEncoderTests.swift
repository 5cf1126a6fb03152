import ServerSentEvents
import Testing

@Suite("EventEncoder")
struct EventEncoderTests {
    static let rows: [(Event, String)] = [
        (Event(data: "x"), "data: x\n\n"),
        (Event(data: ""), "data: \n\n"),
        (Event(data: " x"), "data:  x\n\n"),
        (Event(data: "a\nb"), "data: a\ndata: b\n\n"),
        (Event(data: "a\rb"), "data: a\ndata: b\n\n"),
        (Event(data: "a\r\nb"), "data: a\ndata: b\n\n"),
        (Event(data: "a\n\rb"), "data: a\ndata: \ndata: b\n\n"),
        (Event(data: "a\r\r\nb"), "data: a\ndata: \ndata: b\n\n"),
        (Event(data: "a\n"), "data: a\ndata: \n\n"),
        (Event(data: "a\r\n"), "data: a\ndata: \n\n"),
        (Event(data: "\n"), "data: \ndata: \n\n"),
        (Event(data: "\n\n"), "data: \ndata: \ndata: \n\n"),
        (Event(data: "\na"), "data: \ndata: a\n\n"),
        (Event(data: "\n\u{301}"), "data: \ndata: \u{301}\n\n"),
        (Event(data: "\u{301}\0é日𝄞"), "data: \u{301}\0é日𝄞\n\n"),
        (Event(data: "id: 1\n\nevent: x"), "data: id: 1\ndata: \ndata: event: x\n\n"),
        (Event(type: "t", data: "x"), "event: t\ndata: x\n\n"),
        (Event(type: "", data: "x"), "data: x\n\n"),
        (Event(type: " t: ", data: "x"), "event:  t: \ndata: x\n\n"),
        (Event(id: "1", data: "x"), "id: 1\ndata: x\n\n"),
        (Event(id: "", data: "x"), "id: \ndata: x\n\n"),
        (Event(id: " 1", data: "x"), "id:  1\ndata: x\n\n"),
        (Event(data: "x", retry: 0), "retry: 0\ndata: x\n\n"),
        (Event(data: "x", retry: .max), "retry: 9223372036854775807\ndata: x\n\n"),
        (Event(id: "i", type: "t", data: "x\ny", retry: 10), "event: t\nretry: 10\nid: i\ndata: x\ndata: y\n\n"),
    ]

    @Test("writes each event in its one form, and counts its bytes", arguments: rows)
    func table(event: Event, text: String) throws {
        let bytes = try EventEncoder.encode(event)
        #expect(bytes == Array(text.utf8))
        #expect(EventEncoder.byteCount(of: event) == bytes.count)
    }

    @Test("splits data of each length at a line end in each place")
    func everyPlace() throws {
        for length in 0...80 {
            for place in 0...length {
                let first = String(repeating: "a", count: place)
                let second = String(repeating: "b", count: length - place)
                for end in ["\r", "\n", "\r\n"] {
                    let bytes = try EventEncoder.encode(Event(data: first + end + second))
                    #expect(bytes == Array("data: \(first)\ndata: \(second)\n\n".utf8))
                }
            }
        }
    }

    @Test("writes into memory what it encodes, and nothing behind it")
    func write() throws {
        for (event, _) in Self.rows {
            let count = EventEncoder.byteCount(of: event)
            let written = [UInt8](unsafeUninitializedCapacity: count + 8) { buffer, initialized in
                buffer.initialize(repeating: 0xAA)
                initialized = EventEncoder.write(event, into: UnsafeMutableRawBufferPointer(buffer))
                #expect(buffer[initialized...].allSatisfy { $0 == 0xAA })
            }
            #expect(written.count == count)
            #expect(try written == EventEncoder.encode(event))
        }
    }

    @Test(
        "refuses what ends a field early in an id or a type",
        arguments: ["\r", "\n", "\r\n", "\0"],
        [
            ("", ""), ("a", "b"), ("", "b"), ("a", ""), ("a", "\u{301}"), (String(repeating: "long", count: 20), "b"),
        ]
    )
    func refuses(bad: String, around: (String, String)) {
        let value = around.0 + bad + around.1
        let id = #expect(throws: EventEncodingError.self) { try EventEncoder.validate(id: value) }
        #expect(id?.code == .invalidID)
        let type = #expect(throws: EventEncodingError.self) { try EventEncoder.validate(type: value) }
        #expect(type?.code == .invalidType)
        #expect(throws: EventEncodingError.self) { try EventEncoder.encode(Event(id: value, data: "x")) }
        #expect(throws: EventEncodingError.self) { try EventEncoder.encode(Event(type: value, data: "x")) }
    }

    @Test(
        "accepts everything else in an id or a type",
        arguments: [
            "", " ", ":", "\t", "\u{B}", "\u{C}", "\u{E}", "\u{85}", "\u{2028}", "é日𝄞", "\u{301}",
            "\u{10A}\u{10D}\u{100}",
            "\u{FEFF}",
        ]
    )
    func accepts(value: String) throws {
        try EventEncoder.validate(id: value)
        try EventEncoder.validate(type: value)
    }

    @Test("refuses a negative retry time", arguments: [-1, Int.min])
    func refusesNegativeRetry(retry: Int) {
        let error = #expect(throws: EventEncodingError.self) {
            try EventEncoder.encode(Event(data: "x", retry: retry))
        }
        #expect(error?.code == .negativeRetry)
        let event = Event(data: "x", retry: retry)
        #expect(EventEncoder.byteCount(of: event) == Array("retry: 0\ndata: x\n\n".utf8).count)
    }

    @Test("says in a sentence what it refuses")
    func messages() {
        let error = #expect(throws: EventEncodingError.self) { try EventEncoder.validate(id: "\n") }
        #expect(error?.message.hasPrefix("The id contains a line break (CR or LF) or NUL") == true)
        #expect(error.map { "\($0)" } == error?.message)
        #expect(error.map { "\($0.code)" } == "invalidID")
    }

    @Test(
        "writes comments of any text",
        arguments: [
            ("", ":\n\n"), ("hello", ": hello\n\n"), (" x", ":  x\n\n"), ("a\nb", ": a\n: b\n\n"),
            ("a\r\nb\rc", ": a\n: b\n: c\n\n"), ("a\n\nb", ": a\n:\n: b\n\n"), ("a\n", ": a\n:\n\n"),
            ("data: x\n\ndata: y", ": data: x\n:\n: data: y\n\n"),
        ]
    )
    func comments(text: String, wire: String) {
        #expect(EventEncoder.comment(text) == Array(wire.utf8))
    }
}
