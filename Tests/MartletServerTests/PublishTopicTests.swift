import Testing

@testable import MartletServer

@Suite("Publishing to /topics/…", .timeLimit(.minutes(2)))
struct PublishTopicTests {
    static let targets: [(target: String, topic: String)] = [
        ("/topics/greetings", "greetings"),
        ("/topics/users/42/notices", "users%2F42%2Fnotices"),
        ("/topics/users%2F42%2fnotices", "users%2F42%2Fnotices"),
        ("/topics/a%252Fb", "a%252Fb"),
        ("/topics/a+b", "a%2Bb"),
        ("/topics/a%20b", "a+b"),
        ("/topics/a%2Bb", "a%2Bb"),
        ("/topics/%C3%A9", "%C3%A9"),
        ("/topics/*", "%2A"),
        ("/topics/a%3Fb", "a%3Fb"),
        ("/topics//a", "%2Fa"),
        ("/topics/a/", "a%2F"),
        ("/topics/..", ".."),
        ("/topics/..%2f..", "..%2F.."),
        ("/topics/../healthz", "..%2Fhealthz"),
        ("/topics/./a", ".%2Fa"),
        ("/topics/a;v=1", "a%3Bv%3D1"),
        ("/topics/a:b@c", "a%3Ab%40c"),
        ("/topics/https%3A%2F%2Fexample.com%2Fbooks%2F1", "https%3A%2F%2Fexample.com%2Fbooks%2F1"),
        ("/topics/https://example.com/books/1", "https%3A%2F%2Fexample.com%2Fbooks%2F1"),
        ("/topics/a?", "a"),
        ("/topics/a?topic=b&data=no&unknown", "a"),
        ("http://anything/topics/a%2Fb?x=y", "a%2Fb"),
        ("/topics/" + String(repeating: "x", count: 1024), String(repeating: "x", count: 1024)),
    ]

    @Test(arguments: targets)
    func `The path after /topics/ is the topic, its escapes undone once`(
        _ target: String,
        _ topic: String
    ) async throws {
        try await ServedHub.run { hub in
            // "*" as a parameter is everything, so what comes there is told by the path's own subscription.
            let subscriber = try hub.connect()
            try subscriber.subscribe("\(ServedHub.path)?topic=\(topic)")
            let other = try hub.connect()
            try other.subscribe(target)
            let publisher = try hub.connect()
            let response = try publisher.request("POST", target, body: "hello")
            #expect(response.status == 200)
            #expect(response.text == "test-1")
            #expect(try subscriber.readChunkText() == "id: test-1\ndata: hello\n\n")
            #expect(try other.readChunkText() == "id: test-1\ndata: hello\n\n")
        }
    }

    @Test func `A star in the path is a topic like any other`() async throws {
        try await ServedHub.run { hub in
            let subscriber = try hub.connect()
            try subscriber.subscribe("/topics/*")
            let publisher = try hub.connect()
            _ = try publisher.request("POST", "/topics/a", body: "1")
            _ = try publisher.request("POST", "/topics/*", body: "2")
            #expect(try subscriber.readChunkText() == "id: test-2\ndata: 2\n\n")
        }
    }

    @Test(arguments: [
        ("?type=news", "x", "event: news\nid: test-1\ndata: x\n\n", "test-1"),
        ("?id=mine&type=n%20n&retry=5", "x", "event: n n\nretry: 5\nid: mine\ndata: x\n\n", "mine"),
        ("?retry=0", "x", "id: test-1\ndata: x\n\n", "test-1"),
        ("?data=no", "yes", "id: test-1\ndata: yes\n\n", "test-1"),
        ("", "", "id: test-1\ndata: \n\n", "test-1"),
        ("", "a=b&c=d%20+", "id: test-1\ndata: a=b&c=d%20+\n\n", "test-1"),
        ("", "a\r\nb\rc\n", "id: test-1\ndata: a\ndata: b\ndata: c\ndata: \n\n", "test-1"),
        ("", "€\0", "id: test-1\ndata: €\0\n\n", "test-1"),
    ])
    func `The body is the data, the query the rest`(
        _ query: String,
        _ body: String,
        _ event: String,
        _ id: String
    ) async throws {
        try await ServedHub.run { hub in
            let subscriber = try hub.connect()
            try subscriber.subscribe("/topics/a")
            let publisher = try hub.connect()
            // What curl sends with -d says nothing about the body here.
            let response = try publisher.request(
                "POST",
                "/topics/a\(query)",
                fields: "Content-Type: application/x-www-form-urlencoded\r\n",
                body: body
            )
            #expect(response.text == id)
            #expect(try subscriber.readChunkText() == event)
        }
    }

    @Test func `A private update in the query reaches nobody without a token`() async throws {
        try await ServedHub.run { hub in
            let subscriber = try hub.connect()
            try subscriber.subscribe("/topics/a")
            let publisher = try hub.connect()
            #expect(try publisher.request("POST", "/topics/a?private", body: "1").status == 200)
            #expect(try publisher.request("POST", "/topics/a", body: "2").status == 200)
            #expect(try subscriber.readChunkText() == "id: test-2\ndata: 2\n\n")
        }
    }

    @Test(arguments: [
        ("/topics/", "A topic must not be empty."),
        ("/topics/?topic=a", "A topic must not be empty."),
        ("/topics/%00", "A topic must not contain a line break (CR or LF) or NUL."),
        ("/topics/a%0Ab", "A topic must not contain a line break (CR or LF) or NUL."),
        ("/topics/a%0D%0AX:y", "A topic must not contain a line break (CR or LF) or NUL."),
        ("/topics/%", "A \"%\" is not followed by two hexadecimal digits."),
        ("/topics/a%2", "A \"%\" is not followed by two hexadecimal digits."),
        ("/topics/a%2?x", "A \"%\" is not followed by two hexadecimal digits."),
        ("/topics/%FF", "The text is not valid UTF-8."),
        ("/topics/a?type=%FF", "The text is not valid UTF-8."),
        ("/topics/a?type=%0A", "\"type\" must not contain a line break (CR or LF) or NUL."),
        ("/topics/a?id=%0A", "\"id\" must not contain line breaks, NUL or other control characters."),
        ("/topics/a?retry=x", "\"retry\" must be a number of milliseconds, 0 or more."),
        ("/topics/" + String(repeating: "x", count: 1025), "A topic is 1025 bytes long; at most 1024 are allowed."),
    ])
    func `A path or query that is wrong is refused with a sentence`(_ target: String, _ message: String) async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect()
            let response = try wire.request("POST", target, body: "x")
            #expect(response.status == 400)
            #expect(response.text == message + "\n")
            #expect(try wire.request("POST", "/topics/a", body: "x").text == "test-1")
        }
    }

    @Test func `A body that is no UTF-8 is refused`() async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect()
            try wire.send("POST /topics/a HTTP/1.1\r\nHost: hub.localhost\r\nContent-Length: 256\r\n\r\n")
            try wire.send(Array(UInt8.min...UInt8.max))
            let response = try wire.readResponse()
            #expect(response.status == 400)
            #expect(response.text == "The body is not valid UTF-8, and a stream of events carries nothing else.\n")
        }
    }

    @Test func `Bytes in the path that are no UTF-8 never become another topic`() async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect()
            try wire.send("POST /topics/a")
            try wire.send([0xFF])
            try wire.send(" HTTP/1.1\r\nHost: hub.localhost\r\nContent-Length: 1\r\n\r\nx")
            #expect(try wire.readResponse().status == 400)
        }
    }

    @Test func `A combining accent after /topics/ is part of the topic`() async throws {
        try await ServedHub.run { hub in
            let subscriber = try hub.connect()
            try subscriber.subscribe("\(ServedHub.path)?topic=%CC%81a")
            let wire = try hub.connect()
            let response = try wire.request("POST", "/topics/\u{301}a", body: "x")
            // Raw bytes beyond ASCII are no valid request target: either they are refused, or taken as they are.
            if response.status == 200 { #expect(try subscriber.readChunkText() == "id: test-1\ndata: x\n\n") }
            #expect(response.status == 200 || response.status == 400)
        }
    }
}
