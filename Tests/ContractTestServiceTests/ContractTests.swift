import AsyncHTTPClient
import NIOHTTP1
import Testing

@testable import ContractTestService

/// The cases of LaunchDarkly's SSE contract tests, against the service on a real socket.
@Suite(.timeLimit(.minutes(1))) struct ContractTests {
    @Test(arguments: ParsingCase.all)
    func `what a stream says is reported, in order`(parsing: ParsingCase) async throws {
        try await Harness.run { harness async throws in
            let stream = try await harness.open()
            let connection = await harness.connections.next()
            for type in Set(parsing.reports.compactMap(\.event?.type)) where type != "message" {
                let command = "{\"command\":\"listen\",\"listen\":{\"type\":\"\(type)\"}}"
                #expect(try await harness.ask(.POST, stream, command).status == .accepted)
            }
            for piece in parsing.pieces { connection.send(bytes: piece) }
            for (index, expected) in parsing.reports.enumerated() {
                #expect(await harness.report(number: index + 1) == expected)
            }
        }
    }

    @Test func `a request has the default method and headers`() async throws {
        try await Harness.run { harness async throws in
            _ = try await harness.open()
            let connection = await harness.connections.next()
            #expect(connection.method == "GET")
            #expect(connection["Accept"] == "text/event-stream")
            #expect(connection["Cache-Control"] == "no-cache")
            #expect(connection["Last-Event-ID"] == nil)
        }
    }

    @Test func `204 halts reconnection`() async throws {
        try await Harness.run { harness async throws in
            let ended = try await harness.open(
                #""initialDelayMs":0"#,
                streamURL: "http://127.0.0.1:\(harness.port)/ended"
            )
            _ = await harness.connections.next()
            // A stream that works is the clock: what the ended one would do in the meantime it does not do.
            _ = try await harness.open()
            let connection = await harness.connections.next()
            #expect(connection["Accept"] == "text/event-stream")
            connection.send("data: 1\n\n")
            #expect(await harness.report(number: 1) == .event("1"))
            #expect(await harness.connections.count == 0)
            #expect(try await harness.ask(.DELETE, ended).status == .noContent)
        }
    }

    @Test(arguments: [301, 302, 303, 307, 308])
    func `a redirect is followed`(status: Int) async throws {
        try await Harness.run { harness async throws in
            _ = try await harness.open(streamURL: "http://127.0.0.1:\(harness.port)/redirect/\(status)/stream")
            await harness.connections.next().send("data: hello\n\n")
            #expect(await harness.report(number: 1) == .event("hello"))
        }
    }

    @Test(arguments: [301, 302, 303, 307, 308], ["empty", "missing"])
    func `a redirect to nowhere is reported as an error`(status: Int, location: String) async throws {
        try await Harness.run { harness async throws in
            _ = try await harness.open(streamURL: "http://127.0.0.1:\(harness.port)/redirect/\(status)/\(location)")
            #expect(await harness.report(number: 1).kind == "error")
        }
    }

    @Test func `custom headers are sent`() async throws {
        try await Harness.run { harness async throws in
            _ = try await harness.open(#""headers":{"header-name-1":"value-1","header-name-2":"value-2"}"#)
            let connection = await harness.connections.next()
            #expect(connection["header-name-1"] == "value-1")
            #expect(connection["header-name-2"] == "value-2")
        }
    }

    @Test(arguments: ["POST", "REPORT"])
    func `method and body are sent, and sent again`(method: String) async throws {
        try await Harness.run { harness async throws in
            _ = try await harness.open(
                #""method":"\#(method)","body":"{\"hello\": \"world\"}","initialDelayMs":0,"#
                    + #""headers":{"content-type":"application/json; charset=utf-8"}"#
            )
            for _ in 0..<2 {
                let connection = await harness.connections.next()
                #expect(connection.method == method)
                #expect(connection["Content-Type"] == "application/json; charset=utf-8")
                #expect(connection.body == #"{"hello": "world"}"#)
                connection.breakOff()
            }
        }
    }

    @Test func `the id to begin after is sent`() async throws {
        try await Harness.run { harness async throws in
            _ = try await harness.open(#""lastEventId":"abc""#)
            #expect(await harness.connections.next()["Last-Event-ID"] == "abc")
        }
    }

    @Test func `a restart connects again, without an error`() async throws {
        try await Harness.run { harness async throws in
            let stream = try await harness.open(#""initialDelayMs":0"#)
            await harness.connections.next().send("data: Hello\n\n")
            #expect(await harness.report(number: 1) == .event("Hello"))
            #expect(try await harness.ask(.POST, stream, #"{"command":"restart"}"#).status == .accepted)
            await harness.connections.next().send("data: Thanks\n\n")
            #expect(await harness.report(number: 2) == .event("Thanks"))
        }
    }

    @Test(arguments: [
        ("id: abc\ndata: 1\n\n", "abc"), ("id: abc\ndata: 0\n\ndata: 1\n\n", "abc"),
        ("id: abc\ndata: 0\n\nid: \ndata: 1\n\n", nil),
    ])
    func `a reconnection sends the id in force`(text: String, id: String?) async throws {
        try await Harness.run { harness async throws in
            _ = try await harness.open(#""initialDelayMs":0"#)
            let connection = await harness.connections.next()
            #expect(connection["Last-Event-ID"] == nil)
            connection.send(text)
            while await harness.reports.next().report.event?.data != "1" {}
            connection.breakOff()
            #expect(await harness.connections.next()["Last-Event-ID"] == id)
        }
    }

    @Test func `a silent stream is an error, and is connected again`() async throws {
        try await Harness.run { harness async throws in
            _ = try await harness.open(#""initialDelayMs":0,"readTimeoutMs":300"#)
            await harness.connections.next().send("data: Hello\n\n")
            #expect(await harness.report(number: 1) == .event("Hello"))
            #expect(await harness.report(number: 2).kind == "error")
            _ = await harness.connections.next()
        }
    }

    @Test(arguments: [true, false])
    func `what was unfinished is discarded, and the new connection works`(breaks: Bool) async throws {
        try await Harness.run { harness async throws in
            _ = try await harness.open(#""initialDelayMs":0,"readTimeoutMs":null,"method":null,"unknown":[1]"#)
            let connection = await harness.connections.next()
            connection.send("id: abc\ndata: Hello\n\nid: def\ndata: Goodbye")
            #expect(await harness.report(number: 1) == .event("Hello", id: "abc"))
            if breaks { connection.breakOff() } else { connection.end() }
            #expect(await harness.report(number: 2).kind == "error")
            await harness.connections.next().send("data: We meet again\n\n")
            #expect(await harness.report(number: 3) == .event("We meet again", id: "abc"))
        }
    }
}
