import NIOHTTP1
import ServerSentEvents
import Testing

@testable import EventSourceClient

@Suite(.timeLimit(.minutes(1))) struct EventSourceRedirectTests {
    private static let stream: ScriptedServer.Step = { exchange in
        try await exchange.openStream()
        try await exchange.send("data: 1\n\n")
    }

    private static func redirect(_ status: Int, _ headers: String) -> ScriptedServer.Step {
        { try await $0.send("HTTP/1.1 \(status) X\r\nContent-Length: 0\r\nConnection: close\r\n\(headers)\r\n") }
    }

    @Test(arguments: [301, 302, 303, 307, 308])
    func `a redirect is followed, and the next attempt begins at the first URL`(status: Int) async throws {
        try await ScriptedServer.run([
            Self.redirect(status, "Location: /elsewhere?x=1\r\n"), Self.stream,
        ]) { server async throws in
            #expect(try await events(of: server.source(headers: ["Authorization": "a"])).map(\.data) == ["1"])
            #expect(
                server.requests.map(\.line) == [
                    "GET /stream HTTP/1.1", "GET /elsewhere?x=1 HTTP/1.1", "GET /stream HTTP/1.1",
                ]
            )
            #expect(server.requests.allSatisfy { $0["Authorization"] == "a" })
        }
    }

    @Test(arguments: [300, 304, 305, 306])
    func `other statuses of their hundred are refusals`(status: Int) async throws {
        try await ScriptedServer.run([Self.redirect(status, "Location: /elsewhere\r\n")]) { server async throws in
            let error = await #expect(throws: EventSourceError.self) { try await events(of: server.source()) }
            #expect(error?.code == .unexpectedStatus)
            #expect(error?.status == status)
        }
    }

    @Test(arguments: ["", "Location:\r\n", "Location: \r\n"])
    func `a redirect to nowhere is an error`(header: String) async throws {
        try await ScriptedServer.run([Self.redirect(302, header)]) { server async throws in
            let error = await #expect(throws: EventSourceError.self) { try await events(of: server.source()) }
            #expect(error?.code == .invalidRedirect)
            #expect(server.requests.count == 1)
        }
    }

    @Test func `a loop is left after ten redirects`() async throws {
        let step = Self.redirect(307, "Location: /stream\r\n")
        try await ScriptedServer.run([
            step, step, step, step, step, step, step, step, step, step, step, step,
        ]) { server async throws in
            let error = await #expect(throws: EventSourceError.self) { try await events(of: server.source()) }
            #expect(error?.code == .tooManyRedirects)
            #expect(server.requests.count == 11)
        }
    }

    @Test func `what authorizes, and a Host, are not sent to another origin`() async throws {
        try await ScriptedServer.run([Self.stream]) { other async throws in
            try await ScriptedServer.run([Self.redirect(302, "Location: \(other.url)\r\n")]) { first async throws in
                let headers: HTTPHeaders = ["Authorization": "a", "Cookie": "b", "X-Mine": "c", "Host": "site.example"]
                _ = try await events(of: first.source(lastEventID: "7", headers: headers))
                let (asked, led) = (try #require(first.requests.first), try #require(other.requests.first))
                #expect([asked["Authorization"], asked["Cookie"], asked["X-Mine"]] == ["a", "b", "c"])
                #expect([led["Authorization"], led["Cookie"], led["X-Mine"]] == [nil, nil, "c"])
                #expect(asked["Host"] == "site.example")
                #expect(led["Host"] == "127.0.0.1:\(other.port)")
                #expect(led["Last-Event-ID"] == "7")
            }
        }
    }

    @Test(arguments: [
        (301, "POST", "GET"), (302, "POST", "GET"), (303, "POST", "GET"), (307, "POST", "POST"), (308, "POST", "POST"),
        (301, "REPORT", "REPORT"), (302, "PUT", "PUT"), (303, "REPORT", "GET"), (307, "REPORT", "REPORT"),
    ])
    func `method and body go on as fetch has them`(status: Int, method: String, next: String) async throws {
        try await ScriptedServer.run([Self.redirect(status, "Location: /elsewhere\r\n"), Self.stream]) {
            server async throws in
            let source = server.source(
                method: HTTPMethod(rawValue: method),
                headers: ["Content-Type": "text/x", "Content-Language": "la", "X-Mine": "1"],
                body: "salve"
            )
            #expect(try await events(of: source).map(\.data) == ["1"])
            // The third is the reconnection, which begins anew.
            #expect(server.requests.map { $0.line.prefix { $0 != " " } } == [method[...], next[...], method[...]])
            #expect(server.requests.map(\.body) == ["salve", next == "GET" ? "" : "salve", "salve"])
            #expect(server.requests[1]["Content-Type"] == (next == "GET" ? nil : "text/x"))
            #expect(server.requests[1]["Content-Language"] == (next == "GET" ? nil : "la"))
            #expect(server.requests[1]["X-Mine"] == "1")
            #expect(next != "GET" || ["0", nil].contains(server.requests[1]["Content-Length"]))
        }
    }

    @Test(arguments: ["file:///etc/passwd", "ftp://a.example/", "data:text/event-stream,data:1", "unix:///tmp/x"])
    func `a redirect to what is not HTTP is an error`(location: String) async throws {
        try await ScriptedServer.run([Self.redirect(307, "Location: \(location)\r\n")]) { server async throws in
            let error = await #expect(throws: EventSourceError.self) { try await events(of: server.source()) }
            #expect(error?.code == .invalidRedirect)
            #expect(error?.status == 307)
            #expect(error?.message.contains(location) == true)
        }
    }
}
