import Martlet
import Testing

@testable import MartletServer

@Suite("While a token is being verified", .timeLimit(.minutes(2)))
struct AuthorizationSequenceTests {
    private static func publish(_ data: String, _ token: String) -> String {
        RequestSequenceTests.publish(data, fields: token)
    }

    private static func get(_ target: String, _ token: String = "") -> String {
        RequestSequenceTests.get(target, fields: token)
    }

    /// Runs `test` against a hub whose keys are being fetched until the test, or its end, releases them.
    private static func run(
        loops: Int = 2,
        _ test: (_ hub: ServedHub, _ keys: HeldKeySet, _ token: String) async throws -> Void
    ) async throws {
        let keys = try HeldKeySet()
        let token = try await keys.bearer()
        try await ServedHub.run(access: keys.access, loops: loops) { hub in
            defer { keys.release() }
            try await test(hub, keys, token)
        }
    }

    @Test(arguments: [1, 7, 100_000])
    func `A body that comes meanwhile is held`(_ size: Int) async throws {
        try await Self.run { hub, keys, token in
            let wire = try hub.connect()
            let request = Self.publish("hello", token)
            try wire.send(String(request.dropLast(7)), inPiecesOf: size)
            #expect(await eventually { keys.isAwaited })
            #expect(try wire.isSilent(for: 0.05))
            try wire.send(String(request.suffix(7)))
            #expect(try wire.isSilent(for: 0.05))
            keys.release()
            #expect(try wire.readResponse().text == "test-1")
            #expect(try wire.request("POST", "/topics/a", fields: token, body: "x").text == "test-2")
        }
    }

    @Test func `A body may end after the token was verified`() async throws {
        try await Self.run { hub, keys, token in
            let wire = try hub.connect()
            let request = Self.publish("hello", token)
            try wire.send(String(request.dropLast(7)))
            #expect(await eventually { keys.isAwaited })
            keys.release()
            #expect(try wire.isSilent(for: 0.05))
            try wire.send(String(request.suffix(7)))
            #expect(try wire.readResponse().text == "test-1")
        }
    }

    @Test func `A publisher that waits for a word gets it once its token is verified`() async throws {
        try await Self.run { hub, keys, token in
            let wire = try hub.connect()
            let head = "POST /topics/a HTTP/1.1\r\nHost: hub.localhost\r\nExpect: 100-continue\r\nContent-Length: 1\r\n"
            try wire.send(head + token + "\r\n")
            #expect(await eventually { keys.isAwaited })
            #expect(try wire.isSilent(for: 0.05))
            keys.release()
            #expect(try wire.readHead().status == 100)
            try wire.send("x")
            #expect(try wire.readResponse().text == "test-1")
            // And none if it is refused.
            let other = try hub.connect()
            try other.send(head + (try await bearer(publish: ["*"])) + "\r\n")
            #expect(try other.readHead().status == 401)
        }
    }

    @Test(arguments: [1, 7, 100_000])
    func `Requests behind it are answered in order`(_ size: Int) async throws {
        try await Self.run { hub, keys, token in
            let wire = try hub.connect()
            let requests =
                Self.publish("1", token) + Self.get("/healthz") + Self.publish("2", token)
                + Self.get("/topics/b", token).replacing("GET", with: "HEAD") + Self.publish("3", token)
                + Self.get("\(ServedHub.path)?topic=a&lastEventID=earliest", token)
            try wire.send(requests, inPiecesOf: size)
            #expect(await eventually { keys.isAwaited })
            #expect(try wire.isSilent(for: 0.05))
            keys.release()
            #expect(try wire.readResponse().text == "test-1")
            #expect(try wire.readResponse().text == "ok\n")
            #expect(try wire.readResponse().text == "test-2")
            #expect(try wire.readResponse(to: "HEAD")["Content-Type"] == "text/event-stream")
            #expect(try wire.readResponse().text == "test-3")
            #expect(try wire.readHead()["Content-Type"] == "text/event-stream")
            #expect(try wire.readStream(until: "data: 3\n\n").hasPrefix(":\n\nid: test-1\ndata: 1\n\n"))
        }
    }

    @Test func `What follows a request whose token is refused is not served`() async throws {
        let forged = try await bearer(publish: ["*"])
        try await Self.run { hub, keys, token in
            keys.release()
            let wire = try hub.connect()
            try wire.send(Self.publish("1", token) + Self.publish("2", forged) + Self.publish("3", token))
            #expect(try wire.readResponse().text == "test-1")
            let response = try wire.readResponse()
            #expect(response.status == 401)
            #expect(response["Connection"] == "close")
            wire.endOutput()
            #expect(try wire.readToEnd().isEmpty)
            #expect(try await hub.hub.lastEventID(grants: [.everything]) == "test-1")
        }
    }

    @Test func `Others are served meanwhile`() async throws {
        try await Self.run(loops: 1) { hub, keys, token in
            let wire = try hub.connect()
            try wire.send(Self.publish("1", token))
            #expect(await eventually { keys.isAwaited })
            #expect(try hub.connect().request("GET", "/healthz").text == "ok\n")
            #expect(try hub.connect().request("HEAD", "/topics/a").status == 401)
            keys.release()
            #expect(try wire.readResponse().text == "test-1")
        }
    }

    @Test func `What is wrong behind it is told behind its answer`() async throws {
        try await Self.run { hub, keys, token in
            let wire = try hub.connect()
            try wire.send(Self.publish("1", token) + "rubbish\r\n\r\n")
            #expect(await eventually { keys.isAwaited })
            #expect(try wire.isSilent(for: 0.05))
            keys.release()
            #expect(try wire.readResponse().text == "test-1")
            #expect(try wire.readResponse().status == 400)
            #expect(wire.ends())
        }
    }

    @Test(arguments: [StreamEndTests.Ending.close, .reset, .halfClose], ["POST", "GET"])
    func `A peer that goes meanwhile is noticed, and nothing is left of it`(
        _ ending: StreamEndTests.Ending,
        _ method: String
    ) async throws {
        try await Self.run { hub, keys, token in
            for _ in 1...5 {
                let wire = try hub.connect()
                try wire.send(method == "POST" ? Self.publish("1", token) : Self.get("/topics/a", token))
                #expect(await eventually { keys.isAwaited })
                switch ending {
                case .close: wire.close()
                case .reset: wire.reset()
                case .halfClose: wire.endOutput()
                }
            }
            keys.release()
            #expect(await eventually { hub.openStreams == 0 && hub.openConnections == 0 })
        }
    }

    @Test func `A peer that has ended its half gets its answer`() async throws {
        try await Self.run { hub, keys, token in
            let wire = try hub.connect()
            try wire.send(Self.publish("1", token))
            wire.endOutput()
            #expect(await eventually { keys.isAwaited })
            keys.release()
            #expect(try wire.readResponse().text == "test-1")
            #expect(try wire.readToEnd().isEmpty)
        }
    }

    @Test func `When the server stops meanwhile, the request is answered and the connection closed`() async throws {
        try await Self.run { hub, keys, token in
            let wire = try hub.connect()
            try wire.send(Self.publish("1", token) + Self.publish("2", token))
            #expect(await eventually { keys.isAwaited })
            await hub.beginShutdown()
            #expect(try wire.isSilent(for: 0.05))
            keys.release()
            #expect(try wire.readResponse().text == "test-1")
            #expect(wire.ends())
        }
    }

    @Test func `A key set that cannot be had is no fault of the token's`() async throws {
        struct Failure: Error {}
        let verifier = TokenVerifier(fetch: { throw Failure() })
        let access = Access(publishers: verifier, subscribers: verifier, allowsAnonymous: true)
        let token = try await HeldKeySet().bearer()
        try await ServedHub.run(access: access) { hub in
            let response = try hub.connect().request("POST", "/topics/a", fields: token, body: "x")
            #expect(response.status == 503)
            #expect(response["Retry-After"] == "5")
            #expect(response["WWW-Authenticate"] == nil)
            #expect(hub.endpoint.refusals.all.first { $0.reason == .unavailable }?.count == 1)
        }
    }

    @Test func `A token that is known is answered on the loop, without waiting for anything`() async throws {
        let token = try await bearer(subscribe: ["a"])
        let unknown = try await bearer(subscribe: ["b"])
        try await ServedHub.run(access: try await .keyed(), loops: 1) { hub in
            #expect(try hub.connect().request("HEAD", "/topics/a", fields: token).status == 200)
            // Where nothing can be waited for any more, only what needs no waiting is served.
            hub.endHub()
            #expect(
                try await eventually { try hub.connect().request("HEAD", "/topics/a", fields: unknown).status == 503 }
            )
            #expect(try hub.connect().request("HEAD", "/topics/a", fields: token).status == 200)
            try hub.connect().subscribe("/topics/a", fields: token)
        }
    }
}
