import Hummingbird
import HummingbirdCore
import HummingbirdSSE
import NIOCore
import ServerSentEvents
import Testing

@Suite("Routes that send events to a stream")
struct StreamTests {
    private static let quiet = EventStreamOptions(heartbeat: nil, stall: nil)

    @Test func `Events, values, text and comments are sent as they come`() async throws {
        try await Served.run {
            $0.sse("all") { _, stream in
                try await stream.send(Event(id: "1", type: "a", data: "x\r\ny", retry: 10))
                try await stream.send("text")
                try await stream.send(["n": 1], type: "b", id: "2", retry: .milliseconds(1500))
                try await stream.send(Int?.none, id: "3")
                try await stream.send(Int??.some(.some(4)))
                try await stream.comment("one\ntwo")
            }
        } _: { served in
            let client = try await served.get("/all")
            try await client.expect(
                ":\n\nevent: a\nretry: 10\nid: 1\ndata: x\ndata: y\n\ndata: text\n\n"
                    + "event: b\nretry: 1500\nid: 2\ndata: {\"n\":1}\n\ndata: 4\n\n: one\n: two\n\n"
            )
            try await eventually("the end") { client.isComplete }
            #expect(served.errors.isEmpty)
        }
    }

    @Test func `The head is a stream's, and comes before anything is sent`() async throws {
        try await Served.run {
            $0.sse("quiet") { _, _ in try await Task.sleep(for: .seconds(1000)) }
        } _: { served in
            let client = try await served.get("/quiet")
            try await client.expect(":\n\n")
            let head = try #require(client.head).lowercased().split(separator: "\r\n").map { String($0) }
            #expect(head.first == "http/1.1 200 ok")
            #expect(head.contains("content-type: text/event-stream"))
            #expect(head.contains("cache-control: no-cache, no-store, no-transform"))
            #expect(head.contains("x-accel-buffering: no"))
            #expect(!head.contains { $0.hasPrefix("content-length") })
        }
    }

    @Test func `Clients are told at once when to reconnect`() async throws {
        try await Served.run {
            $0.sse("retry", options: EventStreamOptions(retry: .seconds(3))) { _, stream in
                try await stream.send("x")
            }
        } _: { served in
            try await served.get("/retry").expect(":\n\nretry: 3000\n\ndata: x\n\n")
        }
    }

    @Test(arguments: [false, true])
    func `HEAD answers the headers, and the connection goes on`(_ isGenerated: Bool) async throws {
        let calls = Counter()
        try await Served.run(options: isGenerated ? .autoGenerateHeadEndpoints : []) {
            $0.sse("stream") { _, _ in calls.add() }
            $0.get("handler") { request, context in Response.sse(for: request, context: context) { _ in calls.add() } }
            $0.get("after") { _, _ in "after" }
        } _: { served in
            for path in isGenerated ? ["/stream", "/handler"] : ["/stream"] {
                let client = try await served.get(path, method: "HEAD")
                try await eventually("the head") { client.head != nil }
                #expect(client.head?.hasPrefix("HTTP/1.1 200 OK\r\n") ?? false)
                #expect(client.head?.lowercased().contains("content-type: text/event-stream") ?? false)
                try await client.send("GET /after HTTP/1.1\r\nHost: localhost\r\n\r\n")
                try await eventually("the next answer") { client.text.hasSuffix("\r\n\r\nafter") }
            }
            #expect(calls.value == 0)
        }
    }

    static let resumptions: [(path: String, header: String?, id: String)] = [
        ("/last", nil, "none"),
        ("/last", "k3f9x-1042", "k3f9x-1042"),
        ("/last", "ü", "ü"),
        ("/last", "", "none"),
        ("/last?lastEventID=7", nil, "7"),
        ("/last?lastEventID=a%2Fb", nil, "a/b"),
        ("/last?lastEventID=7", "8", "8"),
        ("/last?lastEventID=7", "", "7"),
        // No event had these.
        ("/last?lastEventID=a%0Adata:x", nil, "none"),
        ("/last?lastEventID=a%00", nil, "none"),
        ("/last?lastEventID", nil, "none"),
    ]

    @Test(arguments: resumptions)
    func `A closure sees what the client received last`(_ path: String, _ header: String?, _ id: String) async throws {
        try await Served.run {
            $0.sse("last") { _, stream in try await stream.send(stream.lastEventID ?? "none") }
        } _: { served in
            let client = try await served.connect()
            let field = header.map { "Last-Event-ID: \($0)\r\n" } ?? ""
            try await client.send("GET \(path) HTTP/1.1\r\nHost: localhost\r\n\(field)\r\n")
            try await client.expect(":\n\ndata: \(id)\n\n")
        }
    }

    @Test func `Any router, group, collection and context has them`() async throws {
        let collection = RouteCollection(context: SnakeContext.self)
        collection.sse("events") { request, context, stream in
            try await stream.send("\(request.uri.path) \(context.parameters.get("id") ?? "")")
        }
        collection.sse("values", every: .seconds(1)) { request, context in
            "\(request.uri.path) \(context.parameters.get("id") ?? "")"
        }
        let router = Router(context: SnakeContext.self)
        router.addRoutes(collection, atPath: "collection/:id")
        router.group("group/:id").sse { context, stream in try await stream.send(context.parameters.require("id")) }
        router.group("ticks/:id").sse(every: .seconds(1)) { context in try context.parameters.require("id") }
        try await Served.run(router) { served in
            try await served.get("/collection/1/events").expect(":\n\ndata: /collection/1/events 1\n\n")
            try await served.get("/collection/2/values").expect(":\n\ndata: /collection/2/values 2\n\n")
            try await served.get("/group/3").expect(":\n\ndata: 3\n\n")
            try await served.get("/ticks/4").expect(":\n\ndata: 4\n\n")
        }
    }

    @Test func `A handler answers a sequence of events, or another status`() async throws {
        try await Served.run {
            $0.get("sequence") { request, context in
                guard request.uri.queryParameters["key"] == "k" else { throw HTTPError(.forbidden) }
                let (events, source) = AsyncStream.makeStream(of: Event.self)
                for id in 1...3 { source.yield(Event(id: "\(id)", data: "\(id)")) }
                source.finish()
                return Response.sse(events, for: request, context: context)
            }
            $0.get("every") { request, context in
                Response.sse(every: .seconds(1), for: request, context: context) { ["a": 1] }
            }
        } _: { served in
            let refused = try await served.get("/sequence")
            try await eventually("the refusal") { refused.head?.hasPrefix("HTTP/1.1 403 ") ?? false }
            let client = try await served.get("/sequence?key=k")
            try await client.expect(":\n\nid: 1\ndata: 1\n\nid: 2\ndata: 2\n\nid: 3\ndata: 3\n\n")
            try await eventually("the end") { client.isComplete }
            try await served.get("/every").expect(":\n\ndata: {\"a\":1}\n\n")
        }
    }

    @Test func `Middleware that adds headers, or looks at the body, has its way`() async throws {
        let bytes = Counter()
        let router = Router()
        router.add(middleware: CORSMiddleware(allowOrigin: .all))
        router.add(middleware: CountingMiddleware(bytes: bytes))
        router.sse("seen") { _, stream in try await stream.send("x") }
        try await Served.run(router) { served in
            let client = try await served.get("/seen", headers: "Origin: https://app.example")
            try await client.expect(":\n\ndata: x\n\n")
            try await eventually("the end") { client.isComplete }
            #expect(client.head?.lowercased().contains("access-control-allow-origin: *") ?? false)
            #expect(bytes.value == client.body.utf8.count)
        }
    }

    @Test func `A sequence that fails ends the stream, and is reported`() async throws {
        struct Broken: Error {}
        try await Served.run {
            $0.get("sequence") { request, context in
                let (events, source) = AsyncThrowingStream.makeStream(of: Event.self)
                source.yield(Event(data: "x"))
                source.finish(throwing: Broken())
                return Response.sse(events, for: request, context: context)
            }
        } _: { served in
            let client = try await served.get("/sequence")
            try await client.expect(":\n\ndata: x\n\n")
            try await eventually("the end") { client.isComplete }
            try await eventually("the report") { served.errors.map(\.error) == ["Broken()"] }
        }
    }

    @Test func `A closure is told what can't be encoded, and may go on`() async throws {
        try await Served.run {
            $0.sse("forged") { _, stream in
                await #expect(throws: EventEncodingError.self) { try await stream.send(Event(id: "a\nb", data: "")) }
                await #expect(throws: EventEncodingError.self) { try await stream.send("x", type: "a\rdata: b") }
                await #expect(throws: EventEncodingError.self) { try await stream.send("x", retry: .seconds(-1)) }
                await #expect(throws: EncodingError.self) { try await stream.send([Double.nan]) }
                try await stream.comment("a\ndata: b")
                try await stream.send(Event(id: "a\0b", data: ""))
            }
        } _: { served in
            let client = try await served.get("/forged")
            try await client.expect(":\n\n: a\n: data: b\n\n")
            try await eventually("the end") { client.isComplete }
            try await eventually("the report") { served.errors.map(\.message) == [Served.Report.closureFailed] }
        }
    }

    @Test func `What several tasks send at once is not mixed`() async throws {
        let block = String(repeating: "x", count: 200_000)
        try await Served.run {
            $0.sse("many", options: Self.quiet) { _, stream in
                try await withThrowingTaskGroup { group in
                    for task in 0..<8 {
                        group.addTask { for _ in 0..<5 { try await stream.send("\(task)\(block)\(task)") } }
                    }
                    try await group.waitForAll()
                }
            }
        } _: { served in
            let client = try await served.get("/many")
            try await eventually("the end") { client.isComplete }
            let events = client.body.split(separator: "\n\n").dropFirst().map { $0.dropFirst("data: ".count) }
            #expect(events.count == 40)
            for event in events { #expect(event.first == event.last && event.count == block.count + 2) }
        }
    }

    @Test func `A heartbeat comes after silence only`() async throws {
        let clock = TestClock()
        let (events, sent) = (Signal(), Signal())
        try await Served.run {
            $0.sse("quiet", options: EventStreamOptions(heartbeat: .seconds(15), stall: nil, clock: clock)) {
                _,
                stream in
                await events.wait()
                try await stream.send("x")
                sent.set()
                try await Task.sleep(for: .seconds(1000))
            }
        } _: { served in
            let client = try await served.get("/quiet")
            try await client.expect(":\n\n")
            await clock.sleeper(of: .seconds(15))
            clock.advance(by: .seconds(10))
            events.set()
            await sent.wait()
            try await client.expect(":\n\ndata: x\n\n")
            clock.advance(by: .seconds(5))
            // Ten of fifteen seconds are left since the event.
            await clock.sleeper(of: .seconds(10))
            clock.advance(by: .seconds(9))
            try await client.expect(":\n\ndata: x\n\n")
            clock.advance(by: .seconds(1))
            try await client.expect(":\n\ndata: x\n\n:\n\n")
            try await eventually("another") {
                clock.advance(by: .seconds(1))
                return client.body.hasPrefix(":\n\ndata: x\n\n:\n\n:\n\n")
            }
        }
    }
}

/// Counts the bytes of responses.
private struct CountingMiddleware<Context: RequestContext>: RouterMiddleware {
    let bytes: Counter

    func handle(
        _ request: Request,
        context: Context,
        next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        response.body = response.body.map { [bytes] in
            bytes.add($0.readableBytes)
            return $0
        }
        return response
    }
}
