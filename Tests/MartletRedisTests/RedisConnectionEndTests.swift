import MartletRedis
import NIOCore
import Testing

@Suite("How a RedisConnection ends", .serialized)
struct RedisConnectionEndTests {
    @Test func `a late reply closes the connection, and everybody hears of it`() async throws {
        try await RedisServer.run { server in
            let connection = try await server.connect { $0.responseTimeout = .milliseconds(200) }
            _ = try await connection.send(RedisCommand("CLIENT", "PAUSE", "60000", "ALL"))
            async let first = connection.send([RedisCommand("GET", "a"), RedisCommand("GET", "b")])
            async let second = connection.send([RedisCommand("GET", "c")])
            for reply in await first + second {
                let error = #expect(throws: RedisError.self) { try reply.get() }
                #expect(error?.code == .timeout)
                #expect(error?.mayHaveRun == true)
            }
            #expect(!connection.isOpen)
            let after = await #expect(throws: RedisError.self) { try await connection.send(RedisCommand("PING")) }
            #expect(after?.mayHaveRun == false)
        }
    }

    @Test func `a command that blocks may wait, whatever the timeout, and those behind it too`() async throws {
        try await RedisServer.run { server in
            let connection = try await server.connect { $0.responseTimeout = .milliseconds(50) }
            let other = try await server.connect()
            async let item = connection.send(RedisCommand("BLPOP", "queue", "0"), timeout: .none)
            try await eventually("it blocks") {
                try await other.send(RedisCommand("INFO", "clients")).text?.contains("blocked_clients:1") ?? false
            }
            async let behind = connection.send(RedisCommand("ECHO", "behind"))
            // Longer than the timeout.
            _ = try await other.send(RedisCommand("BLPOP", "none", "0.2"), timeout: .none)
            _ = try await other.send(RedisCommand("RPUSH", "queue", "item"))
            #expect(try await item.elements?.last?.text == "item")
            #expect(try await behind.text == "behind")
        }
    }

    @Test func `who is cancelled stops waiting at once, and the others get their own replies`() async throws {
        try await RedisServer.run { server in
            let (connection, other) = (try await server.connect(), try await server.connect())
            let blocked = Task { try await connection.send(RedisCommand("BLPOP", "queue", "0"), timeout: .none) }
            try await eventually("it blocks") {
                try await other.send(RedisCommand("INFO", "clients")).text?.contains("blocked_clients:1") ?? false
            }
            let batch = Task { await connection.send(Array(repeating: RedisCommand("ECHO", "no"), count: 3)) }
            async let last = connection.send(RedisCommand("ECHO", "mine"))
            blocked.cancel()
            batch.cancel()
            let error = await #expect(throws: RedisError.self) { try await blocked.value }
            #expect(error?.code == .cancelled)
            for reply in await batch.value {
                #expect(throws: RedisError.self) { try reply.get() }
            }
            _ = try await other.send(RedisCommand("RPUSH", "queue", "lost"))
            #expect(try await last.text == "mine")
            #expect(try await connection.send(RedisCommand("LLEN", "queue")).integer == 0)
        }
    }

    @Test func `a task that is cancelled already sends nothing`() async throws {
        try await RedisServer.run { server in
            let connection = try await server.connect()
            let task = Task {
                try? await Task.sleep(for: .seconds(60))
                return try await connection.send(RedisCommand("SET", "k", "v"))
            }
            task.cancel()
            let error = await #expect(throws: RedisError.self) { try await task.value }
            #expect(error?.code == .cancelled)
            #expect(error?.mayHaveRun == false)
            #expect(try await connection.send(RedisCommand("GET", "k")).isNull)
        }
    }

    @Test func `a connection that nobody holds is closed`() async throws {
        try await RedisServer.run { server in
            let watcher = try await server.connect()
            for _ in 0..<3 { _ = try await server.connect().send(RedisCommand("PING")) }
            try await eventually("they are closed") {
                try await watcher.send(RedisCommand("INFO", "clients")).text?.contains("connected_clients:1\r\n")
                    ?? false
            }
        }
    }

    @Test func `closing and a killed server fail everything that waits`() async throws {
        try await RedisServer.run { server in
            let (closed, killed) = (try await server.connect(), try await server.connect())
            let watcher = try await server.connect()
            async let first = closed.send([RedisCommand("BLPOP", "q", "0"), RedisCommand("PING")], timeout: .none)
            async let second = killed.send([RedisCommand("PING"), RedisCommand("BLPOP", "q", "0")], timeout: .none)
            try await eventually("both block") {
                try await watcher.send(RedisCommand("INFO", "clients")).text?.contains("blocked_clients:2") ?? false
            }
            closed.close()
            for reply in await first {
                let error = #expect(throws: RedisError.self) { try reply.get() }
                #expect(error?.code == .unavailable)
            }
            server.kill()
            let replies = await second
            #expect(try replies[0].get().text == "PONG")
            let error = #expect(throws: RedisError.self) { try replies[1].get() }
            #expect(error?.code == .unavailable)
            #expect(error?.mayHaveRun == true)
            #expect(!killed.isOpen)
        }
    }

    @Test(
        "A server that says nothing, or doesn't finish its answer, is given up in time",
        arguments: ["", "%1\r\n+server\r\n"]
    )
    func silent(answer: String) async throws {
        try await ScriptedRedis.run { peer in
            try await peer.command()
            try await peer.send(answer)
            try await peer.clientClosed()
        } test: { server in
            let configuration = try server.configuration { $0.connectTimeout = .milliseconds(200) }
            let error = await refusal(configuration)
            #expect(error?.code == .timeout)
        }
    }

    @Test func `connecting can be cancelled`() async throws {
        let hasBegun = Signal()
        try await ScriptedRedis.run { peer in
            try await peer.command()
            hasBegun.set()
            try await peer.clientClosed()
        } test: { server in
            let configuration = try server.configuration { $0.connectTimeout = .seconds(600) }
            let task = Task { try await RedisConnection.connect(configuration) }
            await hasBegun.wait()
            task.cancel()
            let error = await #expect(throws: RedisError.self) { try await task.value }
            #expect(error?.code == .cancelled)
        }
    }
}
