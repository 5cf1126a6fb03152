import MartletRedis
import Synchronization
import Testing

@Suite("RedisClient", .serialized)
struct RedisClientTests {
    @Test func `many who come at once share one connection, made when the first comes`() async throws {
        try await RedisServer.run { server in
            let client = RedisClient(.init(url: try server.url()))
            #expect(client.state == .idle)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        let reply = try await client.send(RedisCommand("ECHO", "\(number)"))
                        if reply.integer != Int64(number) { Issue.record("\(number) got \(reply)") }
                    }
                }
                try await group.waitForAll()
            }
            #expect(client.state == .connected)
            let stats = try await client.send(RedisCommand("INFO", "stats")).text ?? ""
            #expect(stats.contains("total_connections_received:1\r\n"))
            client.close()
            let error = await #expect(throws: RedisError.self) { try await client.send(RedisCommand("PING")) }
            #expect(error?.code == .unavailable)
            #expect(client.state == .closed)
        }
    }

    @Test func `goes on when a killed server is back`() async throws {
        try await RedisServer.run { server in
            let client = RedisClient(.init(url: try server.url()), clock: TestClock(skips: { _ in true }))
            _ = try await client.send(RedisCommand("PING"))
            server.kill()
            for _ in 0..<3 {
                let error = await #expect(throws: RedisError.self) { try await client.send(RedisCommand("PING")) }
                #expect(error?.code == .unavailable)
            }
            try await eventually("the failure shows") { if case .failed = client.state { true } else { false } }
            try await server.start()
            #expect(try await client.send(RedisCommand("PING")).text == "PONG")
            #expect(client.state == .connected)
        }
    }

    @Test func `waits longer before each attempt that fails, up to the longest`() async throws {
        let clock = TestClock(skips: { _ in true })
        var configuration = RedisClient.Configuration(
            url: try RedisURL("redis://127.0.0.1:\(try await RedisServer.freePort())")
        )
        configuration.longestBackoff = .seconds(1)
        let client = RedisClient(configuration, clock: clock)
        for _ in 0..<7 {
            await #expect(throws: RedisError.self) { try await client.send(RedisCommand("PING")) }
        }
        let whole = [100, 200, 400, 800, 1000, 1000].map { Duration.milliseconds($0) }
        #expect(clock.skipped.count == whole.count)
        for (wait, longest) in zip(clock.skipped, whole) {
            #expect(wait >= longest / 2 && wait <= longest)
        }
    }

    @Test func `a server that accepts and closes is not asked without end`() async throws {
        try await ScriptedRedis.run { peer in
            try await peer.command()
            try await peer.send("+OK\r\n")
            try await peer.command()
        } test: { server in
            let clock = TestClock(skips: { _ in true })
            var configuration = RedisClient.Configuration(url: try server.configuration().url)
            configuration.connection = try server.configuration()
            let client = RedisClient(configuration, clock: clock)
            for _ in 0..<5 {
                let error = await #expect(throws: RedisError.self) { try await client.send(RedisCommand("PING")) }
                #expect(error?.mayHaveRun == true)
            }
            #expect(clock.skipped.count == 4)
            #expect(clock.skipped.last ?? .zero >= .milliseconds(400))
        }
    }

    @Test func `when who connects is cancelled, another who waits connects`() async throws {
        let isConnecting = Signal()
        try await ScriptedRedis.run { peer in
            while let command = try await peer.command() {
                if peer.number == 0 { isConnecting.set() } else { try await peer.send("+\(command[0])\r\n") }
            }
        } test: { server in
            let client = RedisClient(.init(url: try server.configuration().url))
            let first = Task { try await client.send(RedisCommand("FIRST")) }
            await isConnecting.wait()
            let others = (0..<5).map { number in Task { try await client.send(RedisCommand("N\(number)")) } }
            let impatient = Task { try await client.send(RedisCommand("NEVER")) }
            impatient.cancel()
            let left = await #expect(throws: RedisError.self) { try await impatient.value }
            #expect(left?.code == .cancelled)
            first.cancel()
            let error = await #expect(throws: RedisError.self) { try await first.value }
            #expect(error?.code == .cancelled)
            for (number, task) in others.enumerated() { #expect(try await task.value.text == "N\(number)") }
            #expect(!server.commands.contains(["FIRST"]) && !server.commands.contains(["NEVER"]))
            #expect(server.commands.count { $0.first == "HELLO" } == 2)
        }
    }

    @Test func `closing ends the wait for the next attempt`() async throws {
        let clock = TestClock()
        var configuration = RedisClient.Configuration(
            url: try RedisURL("redis://127.0.0.1:\(try await RedisServer.freePort())")
        )
        configuration.firstBackoff = .seconds(600)
        configuration.longestBackoff = .seconds(600)
        let client = RedisClient(configuration, clock: clock)
        let first = await #expect(throws: RedisError.self) { try await client.send(RedisCommand("PING")) }
        #expect(first?.mayHaveRun == false)
        let second = Task { try await client.send(RedisCommand("PING")) }
        try await eventually("it waits") { clock.isSleptOn }
        client.close()
        let error = await #expect(throws: RedisError.self) { try await second.value }
        #expect(error?.message.contains("the client was closed") ?? false)
    }

    @Test func `closing lets those go who wait for a connection`() async throws {
        let isConnecting = Signal()
        try await ScriptedRedis.run { peer in
            try await peer.command()
            isConnecting.set()
            try await peer.clientClosed()
        } test: { server in
            var configuration = RedisClient.Configuration(url: try server.configuration().url)
            configuration.connection.connectTimeout = .seconds(600)
            let client = RedisClient(configuration)
            let tasks = (0..<3).map { _ in Task { try await client.send(RedisCommand("PING")) } }
            await isConnecting.wait()
            client.close()
            for task in tasks {
                let error = await #expect(throws: RedisError.self) { try await task.value }
                #expect(error?.code == .unavailable)
            }
        }
    }
}
