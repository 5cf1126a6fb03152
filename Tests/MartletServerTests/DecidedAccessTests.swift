import Foundation
import HTTPTypes
import Hummingbird
import Martlet
import MartletServer
import ServiceLifecycle
import Synchronization
import Testing

@Suite("Access that an application decides on", .timeLimit(.minutes(2)))
struct DecidedAccessTests {
    private static let hub = "/.well-known/mercure"

    /// Whoever says who he is in a cookie is believed; the rest are strangers, or refused.
    private static func access(origins: [String] = []) throws -> Access {
        try Access.decided(origins: origins, logger: .silent) { request in
            switch request.cookies["user"]?.value {
            case nil: return .publicUpdates
            case "banned": throw HTTPError(.forbidden, message: "Not you.")
            case "wordless": throw HTTPError(.tooManyRequests)
            case "fine": throw HTTPError(.ok, message: "no refusal")
            case "late": return try Permission(subscribe: [.everything], until: .now - 1)
            case "broken": throw CancellationError()
            case "root": return .everything
            case "brief": return try Permission(subscribe: [.everything], until: .now + 0.3)
            case let user?:
                return try Permission(
                    publish: [.template("rooms/{room}")],
                    subscribe: [.topic("users/\(user)/notices")],
                    subject: user
                )
            }
        }
    }

    @Test func `A stranger sees what is public, and publishes nothing`() async throws {
        try await EmbeddedHub.run(access: try Self.access()) { app async throws in
            let stream = try app.connect()
            try stream.subscribe("\(Self.hub)?topic=users/1/notices")
            try await app.hub.publish(Update(topic: "users/1/notices", data: "secret", isPrivate: true))
            try await app.hub.publish(Update(topic: "users/1/notices", data: "open"))
            #expect(try stream.readChunkText()?.contains("data: open") == true)
            let refused = try app.connect().request("POST", "/topics/rooms/1", body: "x")
            #expect(refused.status == 403)
            #expect(refused.text == "You may not publish to the topic \"rooms/1\".\n")
        }
    }

    @Test func `Somebody who is known sees what is his and publishes where he may`() async throws {
        try await EmbeddedHub.run(access: try Self.access()) { app async throws in
            let stream = try app.connect()
            try stream.subscribe("\(Self.hub)?topic=*", fields: "Cookie: user=ann\r\n")
            try await app.hub.publish(Update(topic: "users/bob/notices", data: "bob's", isPrivate: true))
            try await app.hub.publish(Update(topic: "users/ann/notices", data: "ann's", isPrivate: true))
            #expect(try stream.readChunkText()?.contains("data: ann's") == true)
            let wire = try app.connect()
            #expect(
                try wire.request("POST", "/topics/rooms/1", fields: "Cookie: user=ann\r\n", body: "hi").status == 200
            )
            #expect(try stream.readChunkText()?.contains("data: hi") == true)
            #expect(
                try wire.request("POST", "/topics/users/bob", fields: "Cookie: user=ann\r\n", body: "x").status == 403
            )
            // Nothing of a decision stays with the connection.
            #expect(try app.connect().request("POST", "/topics/rooms/1", body: "x").status == 403)
        }
    }

    @Test(arguments: [
        ("banned", 403, "Not you.\n"), ("wordless", 429, "429 Too Many Requests.\n"),
        ("late", 401, "What you were permitted has ended; come back.\n"),
        ("fine", 500, "Whether you may come in could not be found out.\n"),
        ("broken", 500, "Whether you may come in could not be found out.\n"),
    ])
    func `A refusal is the application's, with its sentence`(_ user: String, _ status: Int, _ text: String) async throws
    {
        try await EmbeddedHub.run(access: try Self.access()) { app async throws in
            for (method, target) in [("GET", "\(Self.hub)?topic=a"), ("POST", "/topics/rooms/1")] {
                let answer = try app.connect().request(method, target, fields: "Cookie: user=\(user)\r\n")
                #expect(answer.status == status)
                #expect(answer.text == text)
            }
        }
    }

    @Test func `A stream ends when what was permitted does, and when it is withdrawn`() async throws {
        try await EmbeddedHub.run(access: try Self.access()) { app async throws in
            let brief = try app.connect()
            try brief.subscribe("\(Self.hub)?topic=a", fields: "Cookie: user=brief\r\n")
            _ = try brief.readToEnd()

            let streams = try ["ann", "ann", "bob"].map { user in
                let stream = try app.connect()
                try stream.subscribe("\(Self.hub)?topic=a", fields: "Cookie: user=\(user)\r\n")
                return stream
            }
            app.endpoint.endStreams(of: "")
            app.endpoint.endStreams(of: "ann")
            for stream in streams.prefix(2) { _ = try stream.readToEnd() }
            try await app.hub.publish(Update(topic: "a", data: "still here"))
            #expect(try streams[2].readChunkText()?.contains("still here") == true)
        }
    }

    @Test(arguments: [
        ("Origin: https://evil.example\r\n", 403), ("Origin: null\r\n", 403), ("Sec-Fetch-Site: cross-site\r\n", 403),
        ("Sec-Fetch-Site: same-site\r\n", 403), ("Origin: http://hub.example.evil.example\r\n", 403),
        ("Origin: http://hub.example\r\n", 200), ("Origin: https://hub.example\r\n", 200),
        ("Origin: https://app.example\r\n", 200), ("Sec-Fetch-Site: same-origin\r\n", 200), ("", 200),
    ])
    func `A page from elsewhere does not publish with a visitor's cookie`(_ fields: String, _ status: Int) async throws
    {
        let access = try Self.access(origins: ["https://app.example"])
        try await EmbeddedHub.run(access: access) { app async throws in
            let wire = try app.connect()
            let body = "topic=rooms/1&data=x"
            try wire.send(
                """
                POST \(Self.hub) HTTP/1.1\r\nHost: hub.example\r\nCookie: user=ann\r\n\(fields)\
                Content-Type: application/x-www-form-urlencoded\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)
                """
            )
            let answer = try wire.readResponse(to: "POST")
            #expect(answer.status == status)
            #expect((answer["Access-Control-Allow-Origin"] != nil) == fields.contains("app.example"))
        }
    }

    @Test(arguments: ["app.example", "https://app.example/path", "", "https://"])
    func `What is no origin is refused with a sentence`(_ origin: String) throws {
        let error = #expect(throws: AccessError.self) { try Self.access(origins: [origin]) }
        #expect(error?.description.contains("is no origin") == true)
    }

    @Test func `A slow decision holds up nobody else, and a client that goes meanwhile leaves nothing behind`()
        async throws
    {
        let gate = Mutex<[CheckedContinuation<Void, Never>]>([])
        let access = try Access.decided(logger: .silent) { request in
            if request.cookies["user"] != nil {
                await withCheckedContinuation { continuation in gate.withLock { $0.append(continuation) } }
            }
            return .everything
        }
        try await EmbeddedHub.run(access: access) { app async throws in
            let waiting = try (0..<8).map { _ in
                let wire = try app.connect()
                try wire.send("GET \(Self.hub)?topic=a HTTP/1.1\r\nHost: a\r\nCookie: user=slow\r\n\r\n")
                return wire
            }
            #expect(await eventually { gate.withLock { $0.count } == 8 })
            #expect(try app.connect().request("POST", "/topics/a", body: "x").status == 200)
            for wire in waiting.prefix(4) { wire.close() }
            for continuation in gate.withLock({ $0 }) { continuation.resume() }
            for wire in waiting.suffix(4) { #expect(try wire.readHead().status == 200) }
            for wire in waiting { wire.close() }
            #expect(try await eventually { try await app.openStreams() == 0 })
        }
    }

    @Test func `A client that goes cancels the decision about it`() async throws {
        let asked = Mutex(0)
        let cancelled = Mutex(0)
        let access = try Access.decided(logger: .silent) { _ in
            asked.withLock { $0 += 1 }
            do {
                try await Task.sleep(for: .seconds(600))
            } catch {
                cancelled.withLock { $0 += 1 }
            }
            return .everything
        }
        try await EmbeddedHub.run(access: access) { app async throws in
            for number in 1...20 {
                let wire = try app.connect()
                try wire.send("GET \(Self.hub)?topic=a HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(await eventually { asked.withLock { $0 } == number })
                wire.close()
            }
            #expect(await eventually { cancelled.withLock { $0 } == 20 })
        }
    }

    @Test func `A decision that takes too long is answered with 503, and holds up no shutdown`() async throws {
        let asked = Mutex(0)
        let access = try Access.decided(logger: .silent) { _ in
            asked.withLock { $0 += 1 }
            try await Task.sleep(for: .seconds(600))
            return .everything
        }
        try await EmbeddedHub.run(limits: .init(bodyTimeout: .milliseconds(100)), access: access) { app async throws in
            let answer = try app.connect().request("GET", "\(Self.hub)?topic=a")
            #expect(answer.status == 503)
            #expect(answer.text == "It took too long to find out whether you may come in.\n")
        }
        try await EmbeddedHub.run(access: access) { app async throws in
            let wire = try app.connect()
            try wire.send("GET \(Self.hub)?topic=a HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(await eventually { asked.withLock { $0 } == 2 })
            await app.services.triggerGracefulShutdown()
            #expect(try wire.readResponse().status == 503)
        }
    }

    @Test func `What is withdrawn while it is being opened does not open, and a poll ends`() async throws {
        let decided = Mutex(0)
        let access = try Access.decided(logger: .silent) { _ in
            defer { decided.withLock { $0 += 1 } }
            return try Permission(publish: [.everything], subscribe: [.everything], subject: "ann")
        }
        try await EmbeddedHub.run(access: access) { app async throws in
            // Decided on, and held back by its own body.
            let slow = try app.connect()
            try slow.send(
                "GET \(Self.hub)?topic=a HTTP/1.1\r\nHost: a\r\nCookie: user=ann\r\nContent-Length: 1\r\n\r\n"
            )
            let publisher = try app.connect()
            try publisher.send(
                "POST /topics/rooms/1 HTTP/1.1\r\nHost: a\r\nCookie: user=ann\r\nContent-Length: 2\r\n\r\nx"
            )
            let poll = try app.connect()
            try poll.send(
                """
                GET \(Self.hub)?topic=a&lastEventID=earliest HTTP/1.1\r\nHost: a\r\nAccept: application/json\r\n\
                Cookie: user=ann\r\n\r\n
                """
            )
            #expect(try await eventually { try await app.openStreams() == 1 && decided.withLock { $0 } == 3 })
            app.endpoint.endStreams(of: "ann")
            #expect(try poll.readResponse().status == 200)
            try slow.send("x")
            #expect(try slow.readResponse().status == 503)
            try publisher.send("y")
            #expect(try publisher.readResponse().status == 503)
            // Whoever comes from now on is let in.
            try app.connect().subscribe("\(Self.hub)?topic=a", fields: "Cookie: user=ann\r\n")
        }
    }

    @Test func `Pages of listed origins may send the headers that they ask for`() async throws {
        try await EmbeddedHub.run(access: try Self.access(origins: ["https://app.example"])) { app async throws in
            let answer = try app.connect().request(
                "OPTIONS",
                Self.hub,
                fields: """
                    Origin: https://app.example\r\nAccess-Control-Request-Method: GET\r\n\
                    Access-Control-Request-Headers: x-api-key\r\n
                    """
            )
            #expect(answer["Access-Control-Allow-Headers"] == "x-api-key")
        }
    }

    @Test(arguments: ["{x}", "{+x}", "*", "ann/{x}"])
    func `A name that looks like a template grants its own topic only`(_ name: String) async throws {
        try await EmbeddedHub.run(access: try Self.access()) { app async throws in
            let stream = try app.connect()
            try stream.subscribe("\(Self.hub)?topic=*", fields: "Cookie: user=\(name)\r\n")
            try await app.hub.publish(Update(topic: "users/ann/notices", data: "ann's", isPrivate: true))
            try await app.hub.publish(Update(topic: "users/\(name)/notices", data: "own", isPrivate: true))
            #expect(try stream.readChunkText()?.contains("data: own") == true)
        }
    }

    @Test func `A selector that is none is an error`() throws {
        #expect(throws: UpdateError.self) { try Selector.template("users/{") }
        #expect(throws: UpdateError.self) { try Selector.topic("") }
    }
}
