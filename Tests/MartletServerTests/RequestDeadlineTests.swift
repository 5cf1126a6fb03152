import NIOCore
import Testing

@testable import MartletServer

/// Deadlines are looked at once a second, so these tests take some.
@Suite("Requests that take too long", .timeLimit(.minutes(2)))
struct RequestDeadlineTests {
    private static let short = HubEndpoint.Limits(
        headerTimeout: .milliseconds(300),
        bodyTimeout: .milliseconds(300),
        keepAlive: .milliseconds(300)
    )
    private static let shortHead = HubEndpoint.Limits(headerTimeout: .milliseconds(300))

    @Test(arguments: [
        "G", "GET /topics/a HTTP/1.1", "GET /topics/a HTTP/1.1\r\nHost: hub.localhost\r\n",
        "GET /healthz HTTP/1.1\r\nX: y\r\n\r",
        "\r\n\r\n",
    ])
    func `A head that does not come to its end is refused with 408`(_ part: String) async throws {
        try await ServedHub.run(limits: Self.shortHead) { hub in
            let wire = try hub.connect()
            try wire.send(part)
            let response = try wire.readResponse()
            #expect(response.line == "HTTP/1.1 408 Request Timeout")
            #expect(response["Connection"] == "close")
            #expect(response.text == "The request's head did not come in time.\n")
            #expect(wire.ends())
        }
    }

    @Test(arguments: [
        ("POST \(ServedHub.path) HTTP/1.1\r\nHost: hub.localhost\r\nContent-Length: 10\r\n\r\ntopic=a"),
        ("POST /topics/a HTTP/1.1\r\nHost: hub.localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"),
        ("GET /topics/a HTTP/1.1\r\nHost: hub.localhost\r\nContent-Length: 10\r\n\r\nx"),
    ])
    func `A body that does not come to its end is refused with 408`(_ part: String) async throws {
        try await ServedHub.run(limits: Self.short) { hub in
            let wire = try hub.connect()
            try wire.send(part)
            let response = try wire.readResponse()
            #expect(response.status == 408)
            #expect(response.text == "The request's body did not come in time.\n")
            #expect(wire.ends())
        }
    }

    @Test func `A client that trickles its head is cut off all the same`() async throws {
        try await ServedHub.run(limits: Self.shortHead) { hub in
            let wire = try hub.connect()
            try wire.send("GET /topics/a HTTP/1.1\r\n")
            var response: [UInt8]?
            for number in 0..<100 where response == nil {
                try wire.send("X-\(number): y\r\n")
                response = try wire.receive(within: 0.05)
            }
            #expect(String(decoding: try #require(response), as: UTF8.self).hasPrefix("HTTP/1.1 408 "))
        }
    }

    @Test func `A head in many pieces within its time is served`() async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect()
            try wire.send(
                "GET /healthz HTTP/1.1\r\nHost: hub.localhost\r\nX-Long: \(String(repeating: "x", count: 500))\r\n\r\n",
                inPiecesOf: 1
            )
            #expect(try wire.readResponse().text == "ok\n")
        }
    }

    @Test func `A connection on which nothing comes is closed without a word`() async throws {
        try await ServedHub.run(limits: Self.short) { hub in
            let wire = try hub.connect()
            #expect(try wire.readToEnd() == [])
        }
    }

    @Test(arguments: [
        "HEAD /topics/a HTTP/1.1\r\nHost: hub.localhost\r\n\r\n",
        "POST /topics/a HTTP/1.1\r\nHost: hub.localhost\r\nContent-Length: 1\r\n\r\nx",
        "GET /healthz HTTP/1.1\r\nHost: hub.localhost\r\n\r\n",
        "HEAD \(ServedHub.path) HTTP/1.1\r\nHost: hub.localhost\r\n\r\n",
        "POST \(ServedHub.path) HTTP/1.1\r\nHost: hub.localhost\r\nContent-Length: 1\r\n\r\nx",
    ])
    func `A connection that lies idle after a request is closed without a word`(_ request: String) async throws {
        try await ServedHub.run(limits: Self.short) { hub in
            let wire = try hub.connect()
            try wire.send(request)
            let method = String(request.prefix { $0 != " " })
            #expect(try wire.readResponse(to: method).status < 500)
            #expect(try wire.readTextToEnd() == "")
        }
    }

    @Test(arguments: [
        "HEAD /topics/a HTTP/1.1\r\nHost: hub.localhost\r\n\r\n",
        "POST /topics/a HTTP/1.1\r\nHost: hub.localhost\r\nContent-Length: 1\r\n\r\nx",
        "GET /healthz HTTP/1.1\r\nHost: hub.localhost\r\n\r\n",
        "POST \(ServedHub.path) HTTP/1.1\r\nHost: hub.localhost\r\nContent-Length: 1\r\n\r\nx",
    ])
    func `A connection may lie idle after a request for longer than a head may take`(_ request: String) async throws {
        try await ServedHub.run(limits: Self.shortHead) { hub in
            let wire = try hub.connect()
            try wire.send(request)
            _ = try wire.readResponse(to: String(request.prefix { $0 != " " }))
            // Longer than the deadline and the interval at which it is looked at.
            #expect(try wire.isSilent(for: 1.6))
            #expect(try wire.request("GET", "/healthz").text == "ok\n")
        }
    }

    @Test func `A stream has no deadline of a request`() async throws {
        try await ServedHub.run(limits: Self.short) { hub in
            let wire = try hub.connect()
            try wire.subscribe("/topics/a")
            #expect(try wire.isSilent(for: 1.6))
            _ = try hub.connect().request("POST", "/topics/a", body: "x")
            #expect(try wire.readChunkText() == "id: test-1\ndata: x\n\n")
        }
    }

    @Test func `A publish that the log takes long for has no deadline`() async throws {
        let log = ScriptedLog()
        try await ServedHub.run(log: log, limits: Self.short) { hub in
            let wire = try hub.connect()
            log.hold()
            try wire.send("POST /topics/a HTTP/1.1\r\nHost: hub.localhost\r\nContent-Length: 1\r\n\r\nx")
            #expect(try wire.isSilent(for: 1.6))
            log.release()
            #expect(try wire.readResponse().text == "test-1")
        }
    }

    @Test(arguments: ["POST /echo", "POST /nothing"])
    func `A page's request body that stays away does not hold the connection for ever`(_ line: String) async throws {
        try await ServedHub.run(limits: Self.short) { hub in
            let wire = try hub.connect()
            try wire.send("\(line) HTTP/1.1\r\nHost: hub.localhost\r\nContent-Length: 10\r\n\r\nx")
            #expect(wire.ends(within: 4))
        }
    }

    @Test func `A refused client that keeps its connection open is not waited for`() async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect()
            try wire.send("DELETE /topics/a HTTP/1.1\r\nHost: hub.localhost\r\n\r\n")
            #expect(try wire.readResponse().status == 405)
            #expect(await eventually(within: 5) { hub.openConnections == 0 })
        }
    }

    @Test func `A page that takes long to read is not cut off`() async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect(receiveBuffer: 4 << 10)
            try wire.send("GET /big HTTP/1.1\r\nHost: hub.localhost\r\nConnection: close\r\n\r\n")
            _ = try wire.readHead()
            var bytes: [UInt8] = []
            // Slowly for four seconds, then what is left.
            let end = ContinuousClock.now + .seconds(4)
            while ContinuousClock.now < end, bytes.count < ServedHub.bigBytes / 2 {
                bytes += try wire.read(1000)
                _ = await eventually(within: 0.02) { false }
            }
            bytes += try wire.readToEnd()
            #expect(ServedHub.isBig(bytes))
        }
    }
}
