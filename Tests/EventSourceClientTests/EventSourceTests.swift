import NIOCore
import NIOHTTP1
import ServerSentEvents
import Testing

@testable import EventSourceClient

/// Whole streams over real sockets; the time of waiting is a test's own.
@Suite(.timeLimit(.minutes(1))) struct EventSourceTests {
    @Test func `events come whole, wherever the chunks cut`() async throws {
        let stream = "\u{FEFF}id: 1\r\nevent: grüße\ndata: a\rdata: b\n\n: c\n\ndata: ∞\n\n"
        let received: [MessageEvent] = try await ScriptedServer.run([
            { exchange in
                try await exchange.openStream("Transfer-Encoding: chunked\r\n")
                for byte in stream.utf8 {
                    try await exchange.outbound.write(.init(bytes: Array("1\r\n".utf8) + [byte] + Array("\r\n".utf8)))
                }
                try await exchange.send("0\r\n\r\n")
            }
        ]) { try await events(of: $0.source()) }
        #expect(
            received == [
                MessageEvent(type: "grüße", data: "a\nb", lastEventID: "1"),
                MessageEvent(type: "message", data: "∞", lastEventID: "1"),
            ]
        )
    }

    @Test func `the request is what the standard asks for`() async throws {
        try await ScriptedServer.run { server async throws in
            _ = try await events(of: server.source(headers: ["X-Mine": "1", "Last-Event-ID": "not mine"]))
            let request = try #require(server.requests.first)
            #expect(request.line == "GET /stream HTTP/1.1")
            #expect(request["Accept"] == "text/event-stream")
            #expect(request["Cache-Control"] == "no-cache")
            #expect(request["X-Mine"] == "1")
            #expect(request["Last-Event-ID"] == nil)
            #expect(request["Accept-Encoding"] == nil)
        }
    }

    @Test func `after a cut it goes on with the last id, in UTF-8`() async throws {
        let clock = TestClock.skippingWaits
        try await ScriptedServer.run([
            { exchange in
                try await exchange.openStream("Transfer-Encoding: chunked\r\n")
                // Cut within the chunked body, within an event.
                try await exchange.send("40\r\nid: ü→\ndata: 1\n\nid: x\nda")
            },
            { exchange in
                try await exchange.openStream()
                try await exchange.send("data: 2\n\n")
            },
        ]) { server async throws in
            let events = try await events(of: server.source(lastEventID: "first", clock: clock))
            #expect(events.map(\.data) == ["1", "2"])
            #expect(events.map(\.lastEventID) == ["ü→", "ü→"])
            #expect(server.requests.map { $0["Last-Event-ID"] } == ["first", "ü→", "ü→"])
        }
    }

    @Test func `an empty id is sent no more`() async throws {
        try await ScriptedServer.run([
            { exchange in
                try await exchange.openStream()
                try await exchange.send("id\ndata: 1\n\n")
            }
        ]) { server async throws in
            _ = try await events(of: server.source(lastEventID: "first"))
            #expect(server.requests.map { $0["Last-Event-ID"] } == ["first", nil])
        }
    }

    @Test func `it waits as long as the server's retry says`() async throws {
        let clock = TestClock.skippingWaits
        let states = try await ScriptedServer.run([
            { exchange in
                try await exchange.openStream()
                try await exchange.send("data: 1\n\n")
            },
            { exchange in
                try await exchange.openStream()
                try await exchange.send("retry: 1234\n\ndata: 2\n\n")
            },
        ]) { server async throws in
            try await items(of: server.source(clock: clock)).compactMap(name)
        }
        #expect(clock.skipped == [.seconds(3), .milliseconds(1234)])
        #expect(
            states == [
                "connecting", "open", "waiting: streamEnded, 3.0 seconds",
                "connecting", "open", "waiting: streamEnded, 1.234 seconds",
                "connecting", "closed",
            ]
        )
    }

    @Test func `a refused connection is waited for`() async throws {
        let clock = TestClock.skippingWaits
        let port = try await ScriptedServer.run { $0.port }
        var reasons: [EventSourceError] = []
        for try await item in EventSource("http://127.0.0.1:\(port)/", clock: clock).items {
            if case .state(.waiting(let reason, _)) = item { reasons.append(reason) }
            if reasons.count == 3 { break }
        }
        #expect(reasons.map(\.code) == [.cannotConnect, .cannotConnect, .cannotConnect])
        #expect(reasons[0].message.hasSuffix("cannot connect: Connection refused"))
    }

    @Test func `204 ends it`() async throws {
        try await ScriptedServer.run { server async throws in
            var events = server.source().makeAsyncIterator()
            #expect(try await events.next() == nil)
            #expect(try await events.next() == nil)
            #expect(server.requests.count == 1)
        }
    }

    @Test func `a refusal is an error with status and body, and then the end`() async throws {
        try await ScriptedServer.run([
            { exchange in
                try await exchange.send(
                    "HTTP/1.1 404 Not Found\r\nContent-Length: 13\r\nConnection: close\r\n\r\nno such topic"
                )
            }
        ]) { server async throws in
            var events = server.source().makeAsyncIterator()
            let error = await #expect(throws: EventSourceError.self) { try await events.next() }
            #expect(error?.code == .unexpectedStatus)
            #expect(error?.status == 404)
            #expect(error?.body == "no such topic")
            #expect(error?.message == "\(server.url): 404 Not Found")
            #expect(try await events.next() == nil)
        }
    }

    @Test func `a message has the URL without its secrets, and the error has it whole`() async throws {
        try await ScriptedServer.run([
            { try await $0.send("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n") }
        ]) { server async throws in
            let url = "http://user:secret@127.0.0.1:\(server.port)/stream?authorization=secret"
            let error = await #expect(throws: EventSourceError.self) { try await events(of: EventSource(url)) }
            #expect(error?.message == "\(server.url): 404 Not Found")
            #expect(error?.url == url)
        }
    }

    @Test func `of a refusal that never ends 64 KiB are kept`() async throws {
        try await ScriptedServer.run([
            { exchange in
                try await exchange.send("HTTP/1.1 500 Oh\r\n\r\n")
                while true { try await exchange.send(String(repeating: "x", count: 1000)) }
            }
        ]) { server async throws in
            let error = await #expect(throws: EventSourceError.self) { try await events(of: server.source()) }
            #expect(error?.body.utf8.count == 64 << 10)
        }
    }

    @Test func `of a refusal that falls silent it takes what came within five seconds`() async throws {
        let clock = TestClock()
        try await ScriptedServer.run([
            { exchange in
                try await exchange.send("HTTP/1.1 500 Oh\r\n\r\n")
                await exchange.clientClosed()
            }
        ]) { server async throws in
            async let time: Void = {
                await clock.sleeper(of: .seconds(5))
                clock.advance(by: .seconds(5))
            }()
            let error = await #expect(throws: EventSourceError.self) {
                try await events(of: server.source(clock: clock))
            }
            #expect(error?.status == 500)
            await time
        }
    }

    @Test(arguments: ["text/html", "text/event-streams", "text/event-stream2; charset=utf-8", "application/json", ""])
    func `another content type is an error`(type: String) async throws {
        try await ScriptedServer.run([
            { exchange in
                let header = type.isEmpty ? "" : "Content-Type: \(type)\r\n"
                try await exchange.send("HTTP/1.1 200 OK\r\n\(header)Connection: close\r\n\r\n<p>hello")
            }
        ]) { server async throws in
            let error = await #expect(throws: EventSourceError.self) { try await events(of: server.source()) }
            #expect(error?.code == .unexpectedContentType)
            #expect(error?.body == "<p>hello")
        }
    }

    @Test(arguments: ["text/event-stream", "Text/Event-Stream;charset=UTF-8", "text/event-stream ; x=y"])
    func `parameters and case of the content type do not matter`(type: String) async throws {
        let received: [MessageEvent] = try await ScriptedServer.run([
            { exchange in
                try await exchange.send("HTTP/1.1 200 OK\r\nContent-Type: \(type)\r\n\r\ndata: 1\n\n")
            }
        ]) { try await events(of: $0.source()) }
        #expect(received.count == 1)
    }

    @Test func `a hub that restarts is waited for, once its stream was open`() async throws {
        let clock = TestClock.skippingWaits
        try await ScriptedServer.run([
            { exchange in
                try await exchange.openStream()
                try await exchange.send("data: 1\n\n")
            },
            { exchange in
                try await exchange.send(
                    "HTTP/1.1 503 Draining\r\nRetry-After: 4\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
                )
            },
            { exchange in
                try await exchange.openStream()
                try await exchange.send("data: 2\n\n")
            },
        ]) { server async throws in
            #expect(try await events(of: server.source(clock: clock)).map(\.data) == ["1", "2"])
            #expect(clock.skipped == [.seconds(3), .seconds(4), .seconds(3)])
        }
    }

    @Test func `503 at the first attempt is an error`() async throws {
        try await ScriptedServer.run([{ try await $0.send("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n") }]) {
            server async throws in
            let error = await #expect(throws: EventSourceError.self) { try await events(of: server.source()) }
            #expect(error?.status == 503)
        }
    }

    @Test func `an event over the limit is an error, after the events before it`() async throws {
        try await ScriptedServer.run([
            { exchange in
                try await exchange.openStream()
                try await exchange.send("data: 1234\n\ndata: 12345\n\n")
            }
        ]) { server async throws in
            var events = server.source(limits: .init(maxEventBytes: 4)).makeAsyncIterator()
            #expect(try await events.next()?.data == "1234")
            let error = await #expect(throws: EventSourceError.self) { try await events.next() }
            #expect(error?.code == .limitExceeded)
            #expect(try await events.next() == nil)
        }
    }

    @Test(arguments: ["no URL", "ftp://127.0.0.1/", "http://"])
    func `what is no URL is an error`(url: String) async throws {
        let error = await #expect(throws: EventSourceError.self) { try await events(of: EventSource(url)) }
        #expect(error?.code == .invalidRequest)
    }

    @Test func `an id or a header that cannot be sent is an error`() async throws {
        for source in [
            EventSource("http://127.0.0.1:1/", configuration: .init(lastEventID: "a\nb")),
            EventSource("http://127.0.0.1:1/", headers: ["a b": "c"]),
        ] {
            let error = await #expect(throws: EventSourceError.self) { try await events(of: source) }
            #expect(error?.code == .invalidRequest)
        }
    }
}
