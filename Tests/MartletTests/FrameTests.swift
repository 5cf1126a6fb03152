import NIOCore
import ServerSentEvents
import Testing

@testable import Martlet

@Suite struct FrameTests {
    private let hello = Frame(Event(id: "1", data: "hello"))
    private let bye = Frame(Event(type: "end", data: "a\r\nb"))

    @Test func `an event is one chunk`() {
        #expect(String(buffer: self.hello.chunk) == "13\r\nid: 1\ndata: hello\n\n\r\n")
        #expect(String(buffer: self.bye.chunk) == "1c\r\nevent: end\ndata: a\ndata: b\n\n\r\n")
        #expect(String(buffer: Frame.heartbeat.chunk) == "3\r\n:\n\n\r\n")
    }

    @Test func `its payload is the same memory without the framing`() {
        #expect(String(buffer: self.hello.payload) == "id: 1\ndata: hello\n\n")
        #expect(self.hello.payloadBytes == 19)
        let chunk = self.hello.chunk.withUnsafeReadableBytes { UInt(bitPattern: $0.baseAddress!) }
        let payload = self.hello.payload.withUnsafeReadableBytes { UInt(bitPattern: $0.baseAddress!) }
        #expect(payload == chunk + 4)
    }

    @Test func `joined frames are one chunk with all of their events`() {
        let joined = Frame(joining: [self.hello, self.bye, self.hello])
        let text = "id: 1\ndata: hello\n\nevent: end\ndata: a\ndata: b\n\nid: 1\ndata: hello\n\n"
        #expect(String(buffer: joined.payload) == text)
        #expect(String(buffer: joined.chunk) == String(text.utf8.count, radix: 16) + "\r\n" + text + "\r\n")
        #expect(joined.payloadBytes == text.utf8.count)
        let again = Frame(joining: [joined, self.bye])
        #expect(String(buffer: again.payload) == text + "event: end\ndata: a\ndata: b\n\n")
    }

    @Test func `one frame joined is itself`() {
        #expect(Frame(joining: [self.hello]).chunk == self.hello.chunk)
    }

    @Test(arguments: [0, 1, 7, 100, 4096, 1 << 20, (1 << 24) + 5])
    func `any length is framed`(length: Int) {
        let frame = Frame(Event(data: String(repeating: "x", count: length)))
        #expect(frame.payloadBytes == length + 8)
        #expect(frame.payload.readableBytes == length + 8)
        #expect(frame.payload.readableBytesView.suffix(2).elementsEqual("\n\n".utf8))
        #expect(frame.chunk.readableBytesView.suffix(4).elementsEqual("\n\n\r\n".utf8))
        let header = String(length + 8, radix: 16) + "\r\n"
        #expect(frame.chunk.readableBytes == header.utf8.count + length + 8 + 2)
        #expect(frame.chunk.readableBytesView.starts(with: header.utf8))
    }
}

@Suite struct JSONTextTests {
    @Test(arguments: [
        ("", #""""#), ("abc", #""abc""#), (#"a"b\c"#, #""a\"b\\c""#), ("\n\r\t", #""\n\r\t""#),
        ("\0\u{1F}\u{8}", #""\u0000\u001f\u0008""#),
        ("é∞👩‍👩‍👧e\u{301}", "\"é∞👩‍👩‍👧e\u{301}\""), ("\u{7F}\u{2028}/", "\"\u{7F}\u{2028}/\""),
        ("\"\u{301}", "\"\\\"\u{301}\""),
    ])
    func `text is quoted and escaped`(text: String, json: String) {
        #expect(Array(JSONText.quoted(text).utf8) == Array(json.utf8))
    }

    @Test func `a gap is an event with its place as its id`() {
        let gap = Gap(requested: "a\"b\n", reason: .trimmed, resumed: "k3f9xa-9")
        let text =
            "event: martlet:gap\nid: k3f9xa-9\n"
            + #"data: {"requested":"a\"b\n","reason":"trimmed","resumed":"k3f9xa-9"}"# + "\n\n"
        #expect(String(buffer: gap.frame.payload) == text)
    }
}
