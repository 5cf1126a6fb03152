import MartletRedis
import NIOCore
import Testing

@Suite("RedisSubscription", .serialized)
struct RedisSubscriptionTests {
    private func message(_ channel: String, _ payload: String, pattern: String? = nil) -> RedisSubscription.Event {
        .message(
            RedisMessage(
                channel: ByteBuffer(string: channel),
                pattern: pattern.map { ByteBuffer(string: $0) },
                payload: ByteBuffer(string: payload)
            )
        )
    }

    @Test func `gives what is published to its channels and patterns, from the moment it says so`() async throws {
        try await RedisServer.run { server in
            let client = RedisClient(.init(url: try server.url()))
            var events = client.subscribe(patterns: ["news.*", "n*"], channels: ["chat"]).makeAsyncIterator()
            #expect(await events.next() == .subscribed)
            let replies = await client.send([
                RedisCommand("PUBLISH", "chat", "a\r\n"), RedisCommand("PUBLISH", "other", "no"),
                RedisCommand("PUBLISH", "news.x", "b"),
            ])
            #expect(replies.map { try? $0.get().integer } == [1, 0, 2])
            #expect(await events.next() == self.message("chat", "a\r\n"))
            // In which order the patterns come is the server's business.
            let byPattern = [await events.next(), await events.next()]
            #expect(byPattern.contains(self.message("news.x", "b", pattern: "news.*")))
            #expect(byPattern.contains(self.message("news.x", "b", pattern: "n*")))
        }
    }

    @Test func `tells that messages may be missing, and subscribes again`() async throws {
        try await RedisServer.run { server in
            let clock = TestClock(skips: { _ in true })
            let client = RedisClient(.init(url: try server.url()), clock: clock)
            var events = client.subscribe(channels: ["chat"]).makeAsyncIterator()
            #expect(await events.next() == .subscribed)
            server.kill()
            for _ in 0..<3 {
                guard case .interrupted(let error) = await events.next() else {
                    Issue.record("not interrupted")
                    return
                }
                #expect(error.code == .unavailable)
            }
            #expect(clock.skipped.count == 2)
            try await server.start()
            #expect(await events.next() == .subscribed)
            _ = await client.send([RedisCommand("PUBLISH", "chat", "no")])
            _ = try await client.send(RedisCommand("PUBLISH", "chat", "back"))
            while let event = await events.next() {
                if event == self.message("chat", "back") { break }
                #expect(event == self.message("chat", "no"))
            }
        }
    }

    @Test func `a slow reader holds the server back and loses nothing`() async throws {
        try await RedisServer.run { server in
            let publisher = try await server.connect { $0.responseTimeout = nil }
            _ = try await publisher.send(RedisCommand("CONFIG", "SET", "client-output-buffer-limit", "pubsub 0 0 0"))
            let client = RedisClient(.init(url: try server.url()))
            var events = client.subscribe(channels: ["chat"]).makeAsyncIterator()
            #expect(await events.next() == .subscribed)
            let padding = String(repeating: "x", count: 10_000)
            let commands = (0..<4000).map { RedisCommand("PUBLISH", "chat", "\($0) \(padding)") }
            _ = await publisher.send(commands)
            // 40 MB were published: what the sockets don't hold is still with the server.
            let list = try await publisher.send(RedisCommand("CLIENT", "LIST", "TYPE", "PUBSUB")).text ?? ""
            let held = list.split(separator: " ").first { $0.hasPrefix("omem=") }.flatMap { Int($0.dropFirst(5)) }
            #expect(held ?? 0 > 10_000_000)
            for number in 0..<4000 {
                guard case .message(let message) = await events.next() else {
                    Issue.record("no message \(number)")
                    return
                }
                let isNext = message.payload.readableBytesView.starts(with: "\(number) x".utf8)
                if !isNext { Issue.record("message \(number) is missing") }
            }
        }
    }

    @Test func `closes its connection with its reader, and ends when cancelled`() async throws {
        try await RedisServer.run { server in
            let client = RedisClient(.init(url: try server.url()))
            func subscribers() async throws -> Int64? {
                try await client.send(RedisCommand("PUBSUB", "NUMSUB", "chat")).elements?.last?.integer
            }
            let isSubscribed = Signal()
            let task = Task {
                var last: RedisSubscription.Event?
                for await event in client.subscribe(channels: ["chat"]) {
                    last = event
                    isSubscribed.set()
                }
                return last
            }
            await isSubscribed.wait()
            #expect(try await subscribers() == 1)
            task.cancel()
            #expect(await task.value == .subscribed)
            try await eventually("the connection is closed") { try await subscribers() == 0 }

            for await _ in client.subscribe(channels: ["chat"]) { break }
            try await eventually("the connection is closed") { try await subscribers() == 0 }
        }
    }

    @Test func `says what a server refuses, and keeps trying`() async throws {
        let options = ["--user", "app", "on", ">pw", "~*", "resetchannels", "+@all"]
        try await RedisServer.run(options) { server in
            let clock = TestClock(skips: { _ in true })
            let client = RedisClient(.init(url: try server.url("app:pw@")), clock: clock)
            var events = client.subscribe(channels: ["chat"]).makeAsyncIterator()
            for _ in 0..<2 {
                guard case .interrupted(let error) = await events.next() else {
                    Issue.record("not interrupted")
                    return
                }
                #expect(error.code == .server("NOPERM"))
            }
        }
    }

    @Test func `understands an old server's arrays`() async throws {
        try await ScriptedRedis.run { peer in
            while let command = try await peer.command() {
                switch command[0] {
                case "HELLO": try await peer.send("-ERR unknown command\r\n")
                case "SUBSCRIBE":
                    try await peer.send("*3\r\n$9\r\nsubscribe\r\n$4\r\nchat\r\n:1\r\n")
                    try await peer.send("*3\r\n$7\r\nmessage\r\n$4\r\nchat\r\n$2\r\nhi\r\n")
                    try await peer.send("*4\r\n$8\r\npmessage\r\n$1\r\n*\r\n$4\r\nchat\r\n$2\r\nho\r\n")
                    try await peer.send("HTTP")
                default: try await peer.send("+OK\r\n")
                }
            }
        } test: { server in
            let client = RedisClient(.init(url: try server.configuration().url))
            var events = client.subscribe(channels: ["chat"]).makeAsyncIterator()
            #expect(await events.next() == .subscribed)
            #expect(await events.next() == self.message("chat", "hi"))
            #expect(await events.next() == self.message("chat", "ho", pattern: "*"))
            guard case .interrupted(let error) = await events.next() else {
                Issue.record("not interrupted")
                return
            }
            #expect(error.code == .protocolViolation)
        }
    }

    @Test func `a subscription that is not confirmed is given up in time`() async throws {
        try await ScriptedRedis.run { peer in
            try await peer.command()
            try await peer.send("+OK\r\n")
            try await peer.clientClosed()
        } test: { server in
            var configuration = RedisClient.Configuration(url: try server.configuration().url)
            configuration.connection.responseTimeout = .milliseconds(100)
            var events = RedisClient(configuration).subscribe(channels: ["chat"]).makeAsyncIterator()
            guard case .interrupted(let error) = await events.next() else {
                Issue.record("not interrupted")
                return
            }
            #expect(error.code == .timeout)
        }
    }
}
