import Testing

@testable import MartletServer

@Suite("Requests that are refused", .timeLimit(.minutes(2)))
struct RequestRefusalTests {
    @Test(
        arguments: ["PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "QUERY"],
        [ServedHub.path, "/topics/a"]
    )
    func `A method that is neither to subscribe nor to publish is told which are`(
        _ method: String,
        _ target: String
    ) async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect()
            try wire.send("\(method) \(target) HTTP/1.1\r\nHost: hub.localhost\r\n\r\n")
            let response = try wire.readResponse()
            // The parser does not know every method there is.
            if response.status == 405 {
                #expect(response["Allow"] == "GET, HEAD, POST, OPTIONS")
                #expect(response.text == "\(method) is not possible here: GET or HEAD subscribes, POST publishes.\n")
            } else {
                #expect(method == "QUERY")
                #expect(response.status == 400)
            }
        }
    }

    @Test(arguments: [
        "/nothing", "/.well-known/mercure/", "/.well-known/mercure/x", "/.well-known/Mercure", "//.well-known/mercure",
        "/%2Ewell-known/mercure", "/topics", "/Topics/a", "//topics//x", "/./topics/a", "?", "?topic=a", "/%00",
        "/.well-known/mercure%3Ftopic=a", "/.well-known/mercure;x",
    ])
    func `What is not the hub's is Hummingbird's to answer`(_ target: String) async throws {
        try await ServedHub.run { hub in
            for method in ["GET", "POST"] {
                let wire = try hub.connect()
                try wire.send("\(method) \(target) HTTP/1.1\r\nHost: hub.localhost\r\nContent-Length: 0\r\n\r\n")
                let status = try wire.readResponse().status
                #expect(status == 404 || (status == 400 && target.hasPrefix("?")))
                #expect(hub.openStreams == 0)
            }
        }
    }

    @Test(arguments: [
        "rubbish\r\n\r\n",
        "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0",
        "GET\r\n\r\n",
        "GET  HTTP/1.1\r\n\r\n",
        "GET /topics/a\r\n\r\n",
        "GET /topics/a HTTP/2.0\r\n\r\n",
        "GET /topics/a HTTP/0.9\r\n\r\n",
        "GET /topics/a HTTP/1.1 x\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "GET /topics/a b HTTP/1.1\r\n\r\n",
        "GET /topics/\u{1}a HTTP/1.1\r\n\r\n",
        "GET /topics/a HTTP/1.1\r\nno colon\r\n\r\n",
        "GET /topics/a HTTP/1.1\r\n: no name\r\n\r\n",
        "GET /topics/a HTTP/1.1\r\nX : space\r\n\r\n",
        "GET /topics/a HTTP/1.1\r\nX: a\0b\r\n\r\n",
        "GET /topics/a HTTP/1.1\r\nX: a\rb\r\n\r\n",
        "POST /topics/a HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
        "POST /topics/a HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxy",
        "POST /topics/a HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\nx",
        "POST /topics/a HTTP/1.1\r\nContent-Length: -1\r\n\r\nx",
        "POST /topics/a HTTP/1.1\r\nContent-Length: +1\r\n\r\nx",
        "POST /topics/a HTTP/1.1\r\nContent-Length: 0x1\r\n\r\nx",
        "POST /topics/a HTTP/1.1\r\nContent-Length:\r\n\r\nx",
        "POST /topics/a HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\nx",
        "POST /topics/a HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
        "POST /topics/a HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n1\r\nx\r\n0\r\n\r\n",
        "POST /topics/a HTTP/1.1\r\nTransfer-Encoding: chunked, identity\r\n\r\n1\r\nx\r\n0\r\n\r\n",
        "POST /topics/a HTTP/1.1\r\nTransfer-Encoding: xchunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
        "POST /topics/a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
        "POST /topics/a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nx\r\n",
        "POST /topics/a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n0\r\n\r\n",
        "POST /topics/a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nx",
    ])
    func `What is not HTTP is refused with 400, and the connection closed`(_ request: String) async throws {
        try await ServedHub.run { hub in
            let subscriber = try hub.connect()
            try subscriber.subscribe("\(ServedHub.path)?topic=*")
            for size in [1, 1000] {
                let wire = try hub.connect()
                // Byte by byte, the server may have closed before the last one.
                try? wire.send(request, inPiecesOf: size)
                let response = try wire.readResponse()
                #expect(response.line == "HTTP/1.1 400 Bad Request")
                #expect(response["Connection"] == "close")
                #expect(response.text.hasSuffix(".\n"))
                #expect(wire.ends())
            }
            _ = try hub.connect().request("POST", "/topics/a", body: "after")
            #expect(try subscriber.readChunkText() == "id: test-1\ndata: after\n\n")
        }
    }

    @Test func `A body that its length says is too large is refused at once`() async throws {
        try await ServedHub.run(limits: HubEndpoint.Limits(bodyBytes: 1000)) { hub in
            for target in [ServedHub.path, "/topics/a"] {
                let wire = try hub.connect()
                try wire.send("POST \(target) HTTP/1.1\r\nHost: hub.localhost\r\nContent-Length: 1001\r\n\r\n")
                let response = try wire.readResponse()
                #expect(response.line.hasPrefix("HTTP/1.1 413 "))
                #expect(response["Connection"] == "close")
                #expect(response.text == "The body is larger than 1000 bytes.\n")
                #expect(wire.ends())
            }
            #expect(
                try hub.connect().request("POST", "/topics/a", body: String(repeating: "x", count: 1000)).status == 200
            )
        }
    }

    @Test(arguments: ["Content-Length: 10485760\r\n", "Transfer-Encoding: chunked\r\n"])
    func `A client that goes on sending a body that is too large can read why it was refused`(
        _ framing: String
    ) async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect()
            try wire.send(
                "POST \(ServedHub.path) HTTP/1.1\r\nHost: hub.localhost\r\nContent-Type: application/x-ndjson\r\n\(framing)\r\n"
            )
            let chunk = Array("10000\r\n".utf8) + [UInt8](repeating: 0x78, count: 0x10000) + Array("\r\n".utf8)
            let body =
                framing.hasPrefix("C") ? [UInt8](repeating: 0x78, count: 10_485_760) : (0..<160).flatMap { _ in chunk }
            try wire.send(body)
            let response = try wire.readResponse()
            #expect(response.status == 413)
            #expect(response.text == "The body is larger than 1048576 bytes.\n")
        }
    }

    @Test func `A chunked body is refused as soon as it is too large`() async throws {
        try await ServedHub.run(limits: HubEndpoint.Limits(bodyBytes: 10)) { hub in
            let wire = try hub.connect()
            try wire.send(
                "POST /topics/a HTTP/1.1\r\nHost: hub.localhost\r\nTransfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n"
            )
            #expect(try wire.isSilent(for: 0.05))
            try wire.send("1\r\n0\r\n")
            #expect(try wire.readResponse().status == 413)
            #expect(wire.ends())
        }
    }

    static let largeHeads: [(name: String, head: String)] = [
        ("one large field", "GET /healthz HTTP/1.1\r\nX: \(String(repeating: "x", count: 17 << 10))\r\n\r\n"),
        (
            "many fields",
            "GET /healthz HTTP/1.1\r\n"
                + (1...200).map { "X-\($0): \(String(repeating: "x", count: 100))\r\n" }.joined() + "\r\n"
        ),
        ("a URL of 64 KiB", "GET /topics/\(String(repeating: "x", count: 64 << 10)) HTTP/1.1\r\n\r\n"),
        ("1,000 small fields", "GET /healthz HTTP/1.1\r\n" + String(repeating: "X: y\r\n", count: 1000) + "\r\n"),
        ("megabytes", "GET /healthz HTTP/1.1\r\nX: \(String(repeating: "x", count: 4 << 20))\r\n\r\n"),
        ("a field's name without end", "GET /healthz HTTP/1.1\r\n\(String(repeating: "x", count: 1 << 20))"),
    ]

    @Test(arguments: largeHeads)
    func `A head that is too large is refused with 431, and the client can read that`(
        _ name: String,
        _ head: String
    ) async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect()
            try wire.send(head)
            let response = try wire.readResponse()
            #expect(response.line == "HTTP/1.1 431 Request Header Fields Too Large")
            #expect(response["Connection"] == "close")
            #expect(wire.ends())
        }
    }

    @Test func `Blanks before a field's value count for the head's size`() async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect()
            try wire.send("GET /healthz HTTP/1.1\r\nX:\(String(repeating: " ", count: 1 << 20))x\r\n\r\n")
            #expect(try wire.readResponse().status == 431)
        }
    }

    @Test func `A head of nearly 16 KiB is served`() async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect()
            let field = "X: \(String(repeating: "x", count: 15 << 10))\r\n"
            #expect(try wire.request("GET", "/healthz", fields: field).status == 200)
            #expect(try wire.request("POST", "/topics/a", fields: field, body: "x").status == 200)
        }
    }

    @Test(arguments: ["POST /nothing", "POST /echo"])
    func `A broken body for a page ends the connection`(_ line: String) async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect()
            try wire.send("\(line) HTTP/1.1\r\nHost: hub.localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
            #expect(wire.ends(within: 3))
        }
    }

    @Test(arguments: ["POST /topics/a", "GET /healthz"])
    func `An offer to upgrade is declined, and further requests are served`(_ line: String) async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect()
            try wire.send(
                "\(line) HTTP/1.1\r\nHost: hub.localhost\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\nContent-Length: 1\r\n\r\nx"
            )
            let response = try wire.readResponse()
            #expect(response.status == 200)
            if response["Connection"] != "close" {
                try wire.send("GET /healthz HTTP/1.1\r\nHost: hub.localhost\r\n\r\n")
                #expect(try wire.readResponse(within: 3).text == "ok\n")
            }
        }
    }

    @Test func `A request to tunnel is refused`() async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect()
            try wire.send("CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n")
            let status = try wire.readResponse().status
            #expect(status >= 400 && status < 500)
        }
    }

    @Test func `Thousands of requests that came while another was served do not exhaust the stack`() async throws {
        let log = ScriptedLog()
        try await ServedHub.run(log: log) { hub in
            let wire = try hub.connect()
            log.hold()
            try wire.send("POST /topics/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx")
            #expect(await eventually { log.waiters == 1 })
            let count = 8000
            try wire.send(String(repeating: "HEAD /topics/a HTTP/1.1\r\nHost: localhost\r\n\r\n", count: count))
            log.release()
            #expect(try wire.readResponse().status == 200)
            for _ in 1...count {
                guard try wire.readHead().status == 200 else { throw Wire.Failure(description: "no HEAD's answer") }
            }
        }
    }
}
