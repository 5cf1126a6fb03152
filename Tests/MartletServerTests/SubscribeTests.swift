import Martlet
import NIOCore
import Testing

@testable import MartletServer

@Suite("Subscribing over HTTP", .timeLimit(.minutes(2)))
struct SubscribeTests {
    private static let streamFields =
        "Content-Type: text/event-stream\r\nCache-Control: no-cache, no-store, no-transform\r\nX-Accel-Buffering: no\r\n"

    @Test(arguments: ["\(ServedHub.path)?topic=a", "/topics/a"])
    func `A stream opens with its head and a comment in one segment`(_ target: String) async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect()
            try wire.send("GET \(target) HTTP/1.1\r\nHost: hub.localhost\r\nAccept: text/event-stream\r\n\r\n")
            let first = String(decoding: try #require(try wire.receive()), as: UTF8.self)
            #expect(first.contains("\r\nDate: ") && first.contains(" GMT\r\n"))
            #expect(
                withoutDate(first)
                    == "HTTP/1.1 200 OK\r\n\(Self.streamFields)Transfer-Encoding: chunked\r\n\r\n3\r\n:\n\n\r\n"
            )
            #expect(hub.openStreams == 1)
        }
    }

    @Test func `A stream of HTTP 1.0 is not chunked and lasts until the connection is closed`() async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect()
            try wire.send("GET \(ServedHub.path)?topic=a HTTP/1.0\r\n\r\n")
            let first = String(decoding: try #require(try wire.receive()), as: UTF8.self)
            #expect(withoutDate(first) == "HTTP/1.1 200 OK\r\n\(Self.streamFields)Connection: close\r\n\r\n:\n\n")
            _ = try hub.connect().request("POST", "/topics/a", body: "hello")
            hub.endpoint.drain(over: .zero)
            let rest = try wire.readTextToEnd()
            #expect(rest.wholeMatch(of: /id: test-1\ndata: hello\n\nretry: 1000\n\n/) != nil)
        }
    }

    @Test(arguments: ["\(ServedHub.path)?topic=a", "/topics/a"])
    func `HEAD answers the headers and the connection goes on`(_ target: String) async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect()
            for _ in 1...3 {
                try wire.send("HEAD \(target) HTTP/1.1\r\nHost: hub.localhost\r\n\r\n")
                let head = try wire.readHead()
                #expect(head.status == 200)
                #expect(head["Content-Type"] == "text/event-stream")
                #expect(head["Cache-Control"] == "no-cache, no-store, no-transform")
                #expect(head["X-Accel-Buffering"] == "no")
                #expect(head["Content-Length"] == nil)
            }
            #expect(hub.openStreams == 0)
            try wire.subscribe(target)
            #expect(hub.openStreams == 1)
        }
    }

    @Test func `HEAD tells where a stream would resume`() async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect()
            #expect(try wire.request("POST", "/topics/a", body: "1").text == "test-1")
            #expect(
                try wire.request("HEAD", "/topics/a", fields: "Last-Event-ID: test-1\r\n")["Last-Event-ID"] == "test-1"
            )
            #expect(
                try wire.request("HEAD", "/topics/a", fields: "Last-Event-ID: what\r\n")["Last-Event-ID"] == "test-1"
            )
        }
    }

    @Test(arguments: [ServedHub.path, "\(ServedHub.path)?topic=%7B", "/topics/%", "/topics/"])
    func `A refused HEAD has no body, so that the next answer is read right`(_ target: String) async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect()
            try wire.send("HEAD \(target) HTTP/1.1\r\nHost: hub.localhost\r\n\r\n")
            #expect(try wire.readHead().status == 400)
            #expect(try wire.isSilent(for: 0.2))
            #expect(try wire.request("GET", "/healthz").text == "ok\n")
        }
    }

    static let refused: [(target: String, message: String)] = [
        (ServedHub.path, "Missing \"topic\" parameter."),
        ("\(ServedHub.path)?", "Missing \"topic\" parameter."),
        ("\(ServedHub.path)?Topic=a&x=topic", "Missing \"topic\" parameter."),
        ("\(ServedHub.path)?topic=", "A topic must not be empty."),
        ("\(ServedHub.path)?topic=a&topic", "A topic must not be empty."),
        (
            "\(ServedHub.path)?topic=" + (1...200).map { "%7B.a\($0)*%7D" }.joined(separator: "&topic="),
            "The templates that are asked for hold too many variables for one stream; ask for fewer or simpler ones."
        ),
        ("\(ServedHub.path)?topic=%00", "A topic must not contain a line break (CR or LF) or NUL."),
        ("\(ServedHub.path)?topic=a%0D%0AX:y", "A topic must not contain a line break (CR or LF) or NUL."),
        ("\(ServedHub.path)?topic=%", "A \"%\" is not followed by two hexadecimal digits."),
        ("\(ServedHub.path)?topic=a&lastEventID=%F", "A \"%\" is not followed by two hexadecimal digits."),
        (
            "\(ServedHub.path)?topic=a&lastEventID=x%0D%0ASet-Cookie:%20a=b",
            "\"lastEventID\" must not contain control characters; no id does."
        ),
        ("\(ServedHub.path)?topic=%FF", "The text is not valid UTF-8."),
        (
            "\(ServedHub.path)?" + (1...1001).map { "topic=\($0)&" }.joined(),
            "More than 1000 topics are asked for, which is the most that one stream may have."
        ),
        ("/topics/", "A topic must not be empty."),
        ("/topics/%zz", "A \"%\" is not followed by two hexadecimal digits."),
        ("/topics/%00", "A topic must not contain a line break (CR or LF) or NUL."),
    ]

    @Test(arguments: refused)
    func `A subscription that is wrong is refused with a sentence, and the connection goes on`(
        _ target: String,
        _ message: String
    ) async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect()
            let response = try wire.request("GET", target)
            #expect(response.status == 400)
            #expect(response["Content-Type"] == "text/plain; charset=utf-8")
            #expect(response.text == message + "\n")
            #expect(try wire.request("GET", "/healthz").text == "ok\n")
            #expect(hub.openStreams == 0)
        }
    }

    struct Resume: CustomTestStringConvertible {
        var query = ""
        var fields = ""
        var lastEventID: String?
        var events: String
        var testDescription: String { "\(self.query) \(self.fields)" }
    }

    private static let history = (1...3).map { "id: test-\($0)\ndata: \($0)\n\n" }
    private static func gap(_ requested: String, _ reason: String, _ resumed: String) -> String {
        "event: martlet:gap\nid: \(resumed)\ndata: {\"requested\":\"\(requested)\",\"reason\":\"\(reason)\",\"resumed\":\"\(resumed)\"}\n\n"
    }

    static let resumes: [Resume] = [
        Resume(events: ""),
        Resume(query: "&lastEventID=", events: ""),
        Resume(fields: "Last-Event-ID:\r\n", events: ""),
        Resume(fields: "Last-Event-ID: test-1\r\n", lastEventID: "test-1", events: history[1] + history[2]),
        Resume(fields: "last-event-id:test-2\r\n", lastEventID: "test-2", events: history[2]),
        Resume(fields: "Last-Event-ID: test-3\r\n", lastEventID: "test-3", events: ""),
        Resume(fields: "Last-Event-ID: test-0\r\n", lastEventID: "test-0", events: history.joined()),
        Resume(fields: "Last-Event-ID: earliest\r\n", lastEventID: "earliest", events: history.joined()),
        Resume(query: "&lastEventID=test-2", lastEventID: "test-2", events: history[2]),
        Resume(query: "&Last-Event-ID=test-2", lastEventID: "test-2", events: history[2]),
        Resume(query: "&last-event-id=test-2", lastEventID: "test-2", events: history[2]),
        Resume(query: "&LAST-EVENT-ID=test-2", lastEventID: "test-2", events: history[2]),
        Resume(query: "&lasteventid=test%2D2", lastEventID: "test-2", events: history[2]),
        Resume(query: "&lastEventID=earliest", lastEventID: "earliest", events: history.joined()),
        Resume(
            query: "&lastEventID=earliest",
            fields: "Last-Event-ID: test-2\r\n",
            lastEventID: "test-2",
            events: history[2]
        ),
        Resume(query: "&lastEventID=test-2", fields: "Last-Event-ID: \r\n", lastEventID: "test-2", events: history[2]),
        Resume(
            fields: "Last-Event-ID: what\r\n",
            lastEventID: "test-3",
            events: gap("what", "unknown-id", "test-3")
        ),
        Resume(
            fields: "Last-Event-ID: test-4\r\n",
            lastEventID: "test-3",
            events: gap("test-4", "unknown-id", "test-3")
        ),
        Resume(
            fields: "Last-Event-ID: test-99999999999999999999\r\n",
            lastEventID: "test-3",
            events: gap("test-99999999999999999999", "unknown-id", "test-3")
        ),
        Resume(
            fields: "Last-Event-ID: k3f9xa-2\r\n",
            lastEventID: "test-0",
            events: gap("k3f9xa-2", "new-epoch", "test-0") + history.joined()
        ),
        Resume(
            query: "&lastEventID=x%20a%22%5C%C3%A9",
            lastEventID: "test-3",
            events: gap("x a\\\"\\\\é", "unknown-id", "test-3")
        ),
    ]

    @Test(arguments: resumes)
    func `A stream goes on after the id that is brought, or tells that it cannot before anything else`(
        _ resume: Resume
    ) async throws {
        for target in ["\(ServedHub.path)?topic=a\(resume.query)", "/topics/a?\(resume.query)"] {
            try await ServedHub.run { hub in
                let publisher = try hub.connect()
                for number in 1...3 { _ = try publisher.request("POST", "/topics/a", body: "\(number)") }
                let wire = try hub.connect()
                let head = try wire.subscribe(target, fields: resume.fields)
                #expect(head["Last-Event-ID"] == resume.lastEventID)
                #expect(head.fields.count == (resume.lastEventID == nil ? 5 : 6))
                _ = try publisher.request("POST", "/topics/a", body: "last")
                let last = "id: test-4\ndata: last\n\n"
                #expect(try wire.readStream(until: last) == resume.events + last)
            }
        }
    }

    @Test func `An id that its publisher gave is resumed from by its bytes`() async throws {
        try await ServedHub.run { hub in
            let publisher = try hub.connect()
            // One text to Unicode, two to everybody else.
            _ = try publisher.request("POST", "/topics/a?id=%C3%A9", body: "1")
            _ = try publisher.request("POST", "/topics/a?id=e%CC%81", body: "2")
            _ = try publisher.request("POST", "/topics/a", body: "3")
            let first = try hub.connect()
            #expect(try first.subscribe("/topics/a", fields: "Last-Event-ID: \u{E9}\r\n")["Last-Event-ID"] == "\u{E9}")
            #expect(
                try first.readStream(until: "3\n\n").utf8.elementsEqual(
                    "id: e\u{301}\ndata: 2\n\nid: test-3\ndata: 3\n\n".utf8
                )
            )
            let second = try hub.connect()
            try second.subscribe("/topics/a?lastEventID=e%CC%81")
            #expect(try second.readChunkText() == "id: test-3\ndata: 3\n\n")
        }
    }

    @Test func `History that was trimmed is told as a gap`() async throws {
        try await ServedHub.run(log: MemoryLog(keep: Retention(updates: 2), epoch: Epoch("test")!)) { hub in
            let publisher = try hub.connect()
            for number in 1...5 { _ = try publisher.request("POST", "/topics/a", body: "\(number)") }
            let wire = try hub.connect()
            #expect(try wire.subscribe("/topics/a", fields: "Last-Event-ID: test-1\r\n")["Last-Event-ID"] == "test-3")
            #expect(
                try wire.readStream(until: "5\n\n") == Self.gap("test-1", "trimmed", "test-3")
                    + "id: test-4\ndata: 4\n\nid: test-5\ndata: 5\n\n"
            )
        }
    }

    @Test func `With nothing in the log an unknown id is told to resume from the earliest`() async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect()
            #expect(try wire.subscribe("/topics/a", fields: "Last-Event-ID: what\r\n")["Last-Event-ID"] == "earliest")
            #expect(try wire.readChunkText() == Self.gap("what", "unknown-id", "earliest"))
        }
    }

    @Test func `A subscriber gets what comes on all of its topics, in order and once`() async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect()
            try wire.subscribe("\(ServedHub.path)?topic=a&topic=b%2Fc&topic=a&unknown=x")
            let all = try hub.connect()
            try all.subscribe("\(ServedHub.path)?topic=a&topic=*")
            let publisher = try hub.connect()
            for topic in ["a", "x", "b/c", "a/", "b%2Fc", "a"] {
                _ = try publisher.request("POST", "/topics/\(topic)", body: topic)
            }
            #expect(
                try wire.readStream(until: "id: test-6\ndata: a\n\n")
                    == "id: test-1\ndata: a\n\nid: test-3\ndata: b/c\n\nid: test-5\ndata: b%2Fc\n\nid: test-6\ndata: a\n\n"
            )
            let text = try all.readStream(until: "id: test-6\ndata: a\n\n")
            #expect(text.pieces(separatedBy: "id: ").count == 7)
        }
    }

    @Test func `A request to subscribe may have a body, which is not looked at`() async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect()
            try wire.send("GET /topics/a HTTP/1.1\r\nHost: hub.localhost\r\nContent-Length: 5\r\n\r\nhe")
            #expect(try wire.isSilent(for: 0.05))
            try wire.send("llo")
            #expect(try wire.readHead().status == 200)
            #expect(try wire.readChunkText() == ":\n\n")
            let chunked = try hub.connect()
            try chunked.send(
                "GET /topics/a HTTP/1.1\r\nHost: hub.localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
            )
            #expect(try chunked.readHead().status == 200)
        }
    }

    @Test(arguments: [
        "GET /healthz HTTP/1.1\r\nHost: hub.localhost\r\n\r\n", "POST /topics/a HTTP/1.1\r\nContent-Length: 1\r\n\r\nx",
        "rubbish\r\n\r\n", "\0\0\0",
    ])
    func `What a subscriber sends after its request is not looked at`(_ more: String) async throws {
        try await ServedHub.run { hub in
            let publisher = try hub.connect()
            let together = try hub.connect()
            try together.send("GET /topics/b HTTP/1.1\r\nHost: hub.localhost\r\n\r\n\(more)")
            let later = try hub.connect()
            try later.subscribe("/topics/b")
            try later.send(String(repeating: more, count: 1000))
            #expect(try together.readHead().status == 200)
            #expect(try together.readChunkText() == ":\n\n")
            _ = try publisher.request("POST", "/topics/b", body: "hello")
            #expect(try later.readChunkText() == "id: test-1\ndata: hello\n\n")
            #expect(try together.readChunkText() == "id: test-1\ndata: hello\n\n")
        }
    }

    @Test func `A connection that Hummingbird has served becomes a stream, and ends like one`() async throws {
        try await ServedHub.run { hub in
            for round in 1...3 {
                let wire = try hub.connect()
                for _ in 1...3 { #expect(try wire.request("GET", "/healthz").text == "ok\n") }
                #expect(try wire.request("POST", "/echo", body: "x").text == "x")
                try wire.subscribe("/topics/a")
                _ = try hub.connect().request("POST", "/topics/a", body: "hello")
                #expect(try wire.readChunkText() == "id: test-\(round)\ndata: hello\n\n")
                if round == 1 { wire.endOutput() } else if round == 2 { wire.reset() } else { wire.close() }
                #expect(await eventually { hub.openStreams == 0 })
            }
        }
    }

    @Test func `A quiet stream gets a comment now and then`() async throws {
        try await ServedHub.run(settings: Hub.Settings(heartbeat: .milliseconds(100))) { hub in
            let chunked = try hub.connect()
            try chunked.subscribe("/topics/a")
            for _ in 1...3 { #expect(try chunked.readChunkText() == ":\n\n") }
            let plain = try hub.connect()
            try plain.send("GET /topics/a HTTP/1.0\r\n\r\n")
            _ = try plain.readHead()
            #expect(try plain.read(9) == Array(":\n\n:\n\n:\n\n".utf8))
        }
    }

    @Test func `A log that cannot be read refuses a resume, and the next one succeeds`() async throws {
        let log = ScriptedLog()
        try await ServedHub.run(log: log) { hub in
            let wire = try hub.connect()
            log.fail(LogError(code: .unavailable, message: "The disk is gone."))
            let response = try wire.request("GET", "/topics/a", fields: "Last-Event-ID: what\r\n")
            #expect(response.line == "HTTP/1.1 503 Service Unavailable")
            #expect(response["Retry-After"] == "1")
            #expect(response.text == "The disk is gone.\n")
            log.fail(nil)
            try wire.subscribe("/topics/a", fields: "Last-Event-ID: what\r\n")
        }
    }
}
