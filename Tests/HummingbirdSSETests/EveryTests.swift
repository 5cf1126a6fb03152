import Foundation
import Hummingbird
import HummingbirdCore
import HummingbirdSSE
import ServerSentEvents
import Testing

@Suite("Routes that send what a closure returns")
struct EveryTests {
    private struct Reading: Encodable {
        var value: Double
        var date: Date?
    }

    /// No comment comes in between, and the time is a test's.
    private static func options(_ clock: TestClock) -> EventStreamOptions {
        EventStreamOptions(heartbeat: nil, stall: nil, clock: clock)
    }

    /// Whatever a closure may return reads as it stands, without annotations.
    private static func addForms(to router: Router<BasicRequestContext>) {
        let some: Int? = 5
        let none: Int? = nil
        router
            .sse("dictionary", every: .seconds(1)) { _ in ["time": "now"] }
            .sse("string", every: .seconds(1)) { _ in "as \"it\" is" }
            .sse("number", every: .seconds(1)) { _ in 42 }
            .sse("boolean", every: .seconds(1)) { _ in true }
            .sse("array", every: .seconds(1)) { _ in [1, 2, 3] }
            .sse("some", every: .seconds(1)) { _ in some }
            .sse("none", every: .seconds(1)) { _ in none }
            .sse("either", every: .seconds(1)) { context in context.parameters.isEmpty ? ["a": 1] : nil }
            .sse("event", every: .seconds(1)) { _ in Event(id: "7", type: "news", data: "a\nb", retry: 5) }
            .sse("value", every: .seconds(1)) { _ in Reading(value: 1.5, date: Date(timeIntervalSince1970: 0)) }
            .sse("statements", every: .seconds(1)) { context in
                let value = try await Self.answer()
                if value == 0 { return nil }
                if value == 1 { return "one" }
                return ["value": value]
            }
            .sse("events", every: .seconds(1)) { context in
                let value = try await Self.answer()
                if value == 0 { return nil }
                return Event(data: "\(value)")
            }
            .sse("request", every: .seconds(1)) { request, context in
                ["user": String(request.uri.queryParameters["user"] ?? "nobody")]
            }
            .sse("requested", every: .seconds(1)) { request, _ in
                guard let id = request.uri.queryParameters["id"] else { return nil }
                return Event(id: String(id), data: "")
            }
    }

    private static func answer() async throws -> Int { 42 }

    static let forms: [(path: String, data: String)] = [
        ("dictionary", "data: {\"time\":\"now\"}\n\n"),
        ("string", "data: as \"it\" is\n\n"),
        ("number", "data: 42\n\n"),
        ("boolean", "data: true\n\n"),
        ("array", "data: [1,2,3]\n\n"),
        ("some", "data: 5\n\n"),
        ("none", ""),
        ("either", "data: {\"a\":1}\n\n"),
        ("event", "event: news\nretry: 5\nid: 7\ndata: a\ndata: b\n\n"),
        ("statements", "data: {\"value\":42}\n\n"),
        ("events", "data: 42\n\n"),
        ("request?user=x%20y", "data: {\"user\":\"x y\"}\n\n"),
        ("requested?id=3", "id: 3\ndata: \n\n"),
        ("requested", ""),
    ]

    @Test(arguments: forms)
    func `A closure returns plain values, events, or nothing`(_ path: String, _ data: String) async throws {
        try await Served.run {
            Self.addForms(to: $0)
        } _: { served in
            try await served.get("/\(path)").expect(":\n\n" + data)
        }
    }

    @Test func `Values are written as the application's other JSON is`() async throws {
        try await Served.run {
            Self.addForms(to: $0)
        } _: { served in
            let client = try await served.get("/value")
            try await eventually("the value") { client.body.hasSuffix("}\n\n") }
            // The order of keys is not for JSONEncoder to say.
            #expect(client.body.contains("\"date\":\"1970-01-01T00:00:00Z\""))
            #expect(client.body.contains("\"value\":1.5"))
        }
        let router = Router(context: SnakeContext.self)
        router.sse("case", every: .seconds(1)) { _ in SnakeContext.Answer(noticeNum: 3) }
        try await Served.run(router) { served in
            try await served.get("/case").expect(":\n\ndata: {\"notice_num\":3}\n\n")
        }
    }

    @Test func `The first value comes at once, the others at the interval`() async throws {
        let clock = TestClock()
        let calls = Counter()
        try await Served.run {
            $0.sse("count", every: .seconds(2), options: Self.options(clock)) { _ in calls.add() }
        } _: { served in
            let client = try await served.get("/count")
            try await client.expect(":\n\ndata: 1\n\n")
            for second in 1...3 {
                await clock.sleeper(of: .seconds(2))
                clock.advance(by: .seconds(1))
                #expect(calls.value == second)
                clock.advance(by: .seconds(1))
                try await eventually("the next value") { calls.value == second + 1 }
                await clock.sleeper(of: .seconds(2))
            }
            try await client.expect(":\n\ndata: 1\n\ndata: 2\n\ndata: 3\n\ndata: 4\n\n")
        }
    }

    @Test func `A closure that takes longer than the interval is not called twice at once, and skips what it missed`()
        async throws
    {
        let clock = TestClock()
        let (calls, running) = (Counter(), Counter())
        let gates = [Signal(), Signal()]
        try await Served.run {
            $0.sse("slow", every: .seconds(1), options: Self.options(clock)) { _ in
                #expect(running.add(1) == 1)
                defer { running.add(-1) }
                let call = calls.add()
                if call <= gates.count { await gates[call - 1].wait() }
                return call
            }
        } _: { served in
            let client = try await served.get("/slow")
            try await eventually("the first call") { calls.value == 1 }
            clock.advance(by: .milliseconds(3500))
            gates[0].set()
            await clock.sleeper(of: .milliseconds(500))
            #expect(calls.value == 1)
            clock.advance(by: .milliseconds(500))
            try await eventually("the second call") { calls.value == 2 }
            gates[1].set()
            await clock.sleeper(of: .seconds(1))
            try await client.expect(":\n\ndata: 1\n\ndata: 2\n\n")
        }
    }

    @Test func `A value that can't be encoded is left out and reported once in a row`() async throws {
        let clock = TestClock()
        let values = [1, .nan, .infinity, 2, .nan]
        let calls = Counter()
        try await Served.run {
            $0.group("sensors").sse("load", every: .seconds(1), options: Self.options(clock)) { _ in
                let call = calls.add()
                return Reading(value: call <= values.count ? values[call - 1] : 3)
            }
        } _: { served in
            let client = try await served.get("/sensors/load")
            for _ in 0..<5 {
                await clock.sleeper(of: .seconds(1))
                clock.advance(by: .seconds(1))
            }
            try await client.expect(":\n\ndata: {\"value\":1}\n\ndata: {\"value\":2}\n\ndata: {\"value\":3}\n\n")
            #expect(served.errors.count == 2)
            for entry in served.errors {
                #expect(entry.message == Served.Report.leftOut)
                #expect(entry.route == "/sensors/load")
                #expect(entry.error?.contains("invalidValue") ?? false)
            }
        }
    }

    static let forged = ["a\nb", "a\rb", "a\0b"].flatMap { [Event(id: $0, data: "x"), Event(type: $0, data: "x")] }

    @Test(arguments: forged)
    func `No id or type forges a field`(_ event: Event) async throws {
        let clock = TestClock()
        let calls = Counter()
        try await Served.run {
            $0.sse("forged", every: .seconds(1), options: Self.options(clock)) { _ in
                calls.add() == 1 ? event : Event(data: "next")
            }
        } _: { served in
            let client = try await served.get("/forged")
            await clock.sleeper(of: .seconds(1))
            #expect(served.errors.map(\.message) == [Served.Report.leftOut])
            clock.advance(by: .seconds(1))
            try await client.expect(":\n\ndata: next\n\n")
        }
    }

    @Test func `What a closure throws is reported and ends the stream`() async throws {
        struct Broken: Error {}
        try await Served.run {
            $0.sse("broken", every: .seconds(1)) { _ -> Int? in throw Broken() }
        } _: { served in
            let client = try await served.get("/broken")
            try await eventually("the stream ends") { client.isComplete }
            try await client.expect(":\n\n")
            let report = Served.Report(message: Served.Report.closureFailed, route: "/broken", error: "Broken()")
            try await eventually("the report") { served.errors == [report] }
        }
    }

    @Test func `A client's fault is no error of the server's`() async throws {
        try await Served.run {
            $0.sse("missing", every: .seconds(1)) { request, _ in
                guard let user = request.uri.queryParameters["user"] else { throw HTTPError(.badRequest) }
                return String(user)
            }
        } _: { served in
            let client = try await served.get("/missing")
            try await eventually("the stream ends") { client.isComplete }
            try await eventually("the report") { served.notes.contains { $0.route == "/missing" } }
            #expect(served.errors.isEmpty)
        }
    }
}

/// A context with an encoder of its own.
struct SnakeContext: RequestContext {
    struct Answer: Encodable {
        var noticeNum: Int
    }

    var coreContext: CoreRequestContextStorage

    init(source: Source) {
        self.coreContext = .init(source: source)
    }

    var responseEncoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return encoder
    }
}
