import MartletRedis
import NIOCore
import Testing

@Suite("RedisConnection to a real server", .serialized)
struct RedisConnectionTests {
    @Test func `speaks RESP3, is named, and keeps any bytes as they are`() async throws {
        try await RedisServer.run { server in
            let connection = try await server.connect()
            #expect(await connection.protocolVersion == 3)
            #expect(try await connection.send(RedisCommand("CLIENT", "GETNAME")).text == "martlet")
            let bytes = (0...255).map { UInt8($0) } + [13, 10, 0, 36, 42]
            #expect(
                try await connection.send(RedisCommand("SET", .bytes(bytes), .bytes(bytes.reversed()))).text == "OK"
            )
            let value = try await connection.send(RedisCommand("GET", .bytes(bytes)))
            #expect(value.bytes == ByteBuffer(bytes: bytes.reversed()))
            #expect(try await connection.send(RedisCommand("GET", "none")).isNull)
            #expect(try await connection.send(RedisCommand("CONFIG", "GET", "port"))["port"]?.text == "\(server.port)")
            connection.close()
        }
    }

    @Test func `an error names kind and server, and the connection goes on`() async throws {
        try await RedisServer.run { server in
            let connection = try await server.connect()
            _ = try await connection.send(RedisCommand("SET", "text", "x"))
            let error = await #expect(throws: RedisError.self) {
                try await connection.send(RedisCommand("LPOP", "text"))
            }
            #expect(error?.code == .server("WRONGTYPE"))
            #expect(error?.message.hasPrefix("redis://127.0.0.1:\(server.port)/0: WRONGTYPE ") ?? false)
            let replies = await connection.send([
                RedisCommand("INCR", "n"), RedisCommand("NONE"), RedisCommand("INCR", "n"),
            ])
            #expect(replies.map { try? $0.get().integer } == [1, nil, 2])
            #expect(
                replies.map { if case .failure(let error) = $0 { error.code == .server("ERR") } else { false } }
                    == [false, true, false]
            )
            connection.close()
        }
    }

    @Test func `authenticates with a password, as an ACL user, and says what is wrong`() async throws {
        try await RedisServer.run(["--requirepass", "s3cret", "--user", "app", "on", ">pw", "~*", "&*", "+@all"]) {
            server in
            for login in [":s3cret@", "default:s3cret@", "app:pw@"] {
                let url = try server.url(login, database: 3)
                let connection = try await RedisConnection.connect(.init(url: url))
                #expect(try await connection.send(RedisCommand("CLIENT", "INFO")).text?.contains(" db=3 ") ?? false)
                connection.close()
            }
            for (login, kind) in [
                ("", "NOAUTH"), (":wr0ng@", "WRONGPASS"), ("app:s3cret@", "WRONGPASS"), ("no:pw@", "WRONGPASS"),
            ] {
                let url = try server.url(login)
                let error = await refusal(.init(url: url))
                #expect(error?.code == .server(kind))
                #expect(!(error?.message.contains("wr0ng") ?? true) && !(error?.message.contains("s3cret") ?? true))
            }
        }
    }

    @Test func `selects the database, and fails if there is none`() async throws {
        try await RedisServer.run { server in
            let url = try server.url(database: 99)
            let error = await refusal(.init(url: url))
            #expect(error?.code == .server("ERR"))
            #expect(error?.message.contains("DB index") ?? false)
        }
    }

    @Test func `connects by a Unix socket`() async throws {
        try await RedisServer.run { server in
            let url = try RedisURL("redis+unix://\(server.socket)?db=2")
            let connection = try await RedisConnection.connect(.init(url: url))
            #expect(try await connection.send(RedisCommand("CLIENT", "INFO")).text?.contains(" db=2 ") ?? false)
            connection.close()
        }
    }

    @Test func `a server that is not there is named with the reason`() async throws {
        let port = try await RedisServer.freePort()
        for (text, reason) in [
            ("redis://:secret@127.0.0.1:\(port)", "Connection refused"),
            ("unix:///tmp/none/redis.sock", "No such file"),
            ("redis://nowhere.invalid", "no address"),
        ] {
            let url = try RedisURL(text)
            let error = await refusal(.init(url: url))
            #expect(error?.code == .unavailable)
            #expect(error?.mayHaveRun == false)
            #expect(error?.message.hasPrefix("\(url): ") ?? false)
            #expect(error?.message.contains(reason) ?? false, "\(String(describing: error))")
        }
    }

    @Test func `a hundred thousand commands in one batch, and by a thousand tasks, get their own replies`() async throws
    {
        try await RedisServer.run { server in
            let connection = try await server.connect()
            let replies = await connection.send((0..<100_000).map { RedisCommand("ECHO", "\($0)") })
            let areRight = replies.enumerated().allSatisfy { (try? $1.get().integer) == Int64($0) }
            #expect(replies.count == 100_000 && areRight)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<1000 {
                    group.addTask {
                        for turn in 0..<20 {
                            let text = "\(task)-\(turn)"
                            let reply = try await connection.send(RedisCommand("ECHO", "\(text)"))
                            if reply.text != text { Issue.record("\(text) got \(reply)") }
                        }
                    }
                }
                try await group.waitForAll()
            }
            connection.close()
        }
    }

    @Test func `a value of 8 MiB comes back as it went`() async throws {
        try await RedisServer.run { server in
            let connection = try await server.connect()
            var generator = SeededGenerator(seed: 8)
            let value = ByteBuffer(
                bytes: (0..<(1 << 20)).flatMap { _ in
                    withUnsafeBytes(of: generator.next(), Array.init)
                }
            )
            _ = try await connection.send(RedisCommand("SET", "large", .buffer(value)))
            let replies = await connection.send(Array(repeating: RedisCommand("GET", "large"), count: 3))
            for reply in replies { #expect(try reply.get().bytes == value) }
            connection.close()
        }
    }
}
