import ServerSentEvents
import Testing

@testable import MartletCLI

@Suite struct EventFormatTests {
    private func line(_ format: EventFormat, _ event: MessageEvent) -> String {
        var output: [UInt8] = []
        format.append(event, to: &output)
        return String(decoding: output, as: UTF8.self)
    }

    private func escaped(_ text: String) -> String {
        var output: [UInt8] = []
        EventFormat.appendEscaped(text, to: &output)
        return String(decoding: output, as: UTF8.self)
    }

    @Test func `an event is one object with id, type and data in this order`() {
        let event = MessageEvent(type: "message", data: #"{"a":"b"}"#, lastEventID: "k3f9x-1042")
        #expect(line(.json, event) == #"{"id":"k3f9x-1042","type":"message","data":"{\"a\":\"b\"}"}"# + "\n")
    }

    @Test func `an event without an id has an empty one`() {
        #expect(
            line(.json, MessageEvent(type: "t", data: "", lastEventID: "")) == #"{"id":"","type":"t","data":""}"# + "\n"
        )
    }

    @Test(arguments: [
        ("", ""), ("plain", "plain"), ("\"", #"\""#), ("\\", #"\\"#), ("/", "/"), ("a\nb", #"a\nb"#),
        ("\u{8}\t\n\u{C}\r", #"\b\t\n\f\r"#), ("\u{0}\u{1}\u{B}\u{1F}", #"\u0000\u0001\u000b\u001f"#),
        ("\u{7F}", "\u{7F}"), ("grüße ∞ 🐦", "grüße ∞ 🐦"), ("\u{2028}\u{FEFF}", "\u{2028}\u{FEFF}"),
        ("\"\u{301}", "\\\"\u{301}"), ("\r\n", #"\r\n"#), ("\"\"x\"\"", #"\"\"x\"\""#),
    ])
    func `what JSON wants escaped is escaped, and nothing else`(text: String, expected: String) {
        #expect(Array(escaped(text).utf8) == Array(expected.utf8))
    }

    @Test func `no control character remains`() {
        for byte in UInt8(0)..<0x20 {
            let text = escaped(String(UnicodeScalar(byte)))
            #expect(text.utf8.allSatisfy { $0 >= 0x20 })
            #expect(text.hasPrefix("\\"))
        }
    }

    @Test(arguments: [
        ("", "message", "hello", "message: hello\n"),
        ("7", "tick", "a\nb\n", "[7] tick: a\n    b\n    \n"),
        ("", "message", "\u{1B}[2Jx\u{7F}\ty", "message: ^[[2Jx^?\ty\n"),
        // Beyond ASCII too: CSI in two bytes, and those at both ends; but not what has such bytes in it.
        ("\u{9B}", "\u{9D}", "a\u{9B}2J\u{80}\u{9F}", "[M-^[] M-^]: aM-^[2JM-^@M-^_\n"),
        ("", "message", "\u{A0}é\u{C0}\u{DB}\u{2028}🐦", "message: \u{A0}é\u{C0}\u{DB}\u{2028}🐦\n"),
        ("", "message", "\u{9B}\u{301}", "message: M-^[\u{301}\n"),
    ])
    func `people get a line, indented data and visible control characters`(
        id: String,
        type: String,
        data: String,
        expected: String
    ) {
        let printed = line(.text, MessageEvent(type: type, data: data, lastEventID: id))
        #expect(Array(printed.utf8) == Array(expected.utf8))
    }
}
