import MartletRedis
import Testing

@Suite("RedisConnection to a server that isn't one", .serialized)
struct RedisHostileServerTests {
    private static let attacks: [(name: String, bytes: String, code: RedisError.Code)] = [
        ("HTTP", "HTTP/1.1 400 Bad Request\r\n\r\n", .protocolViolation),
        ("rubbish", "\u{0}\u{1}\u{2}rubbish", .protocolViolation),
        ("a length that is none", "$abc\r\n", .protocolViolation),
        ("a huge string", "$9223372036854775807\r\n", .protocolViolation),
        ("a huge array", "*2147483647\r\n", .protocolViolation),
        ("deep nesting", String(repeating: "*1\r\n", count: 100_000), .protocolViolation),
        ("deep attributes", String(repeating: "|1\r\n", count: 100_000), .protocolViolation),
        ("an endless line", "+" + String(repeating: "a", count: 1 << 20), .protocolViolation),
        ("two replies to one command", "+A\r\n+B\r\n:1\r\n", .protocolViolation),
        ("half a string", "$10\r\nhalf", .unavailable),
        ("half an array", "*3\r\n:1\r\n", .unavailable),
        ("half a line", "+OK", .unavailable),
        ("the end", "", .unavailable),
    ]

    @Test("Everybody who waits gets an error", arguments: Self.attacks.map(\.name))
    func attack(name: String) async throws {
        let attack = try #require(Self.attacks.first { $0.name == name })
        try await ScriptedRedis.run { peer in
            try await peer.command()
            try await peer.send("+OK\r\n")
            try await peer.command()
            try await peer.command()
            try await peer.send(attack.bytes)
            if attack.code == .protocolViolation { try await peer.clientClosed() }
        } test: { server in
            let connection = try await RedisConnection.connect(server.configuration())
            let replies = await connection.send(Array(repeating: RedisCommand("GET", "x"), count: 2))
            let errors = replies.compactMap { if case .failure(let error) = $0 { error } else { nil } }
            #expect(errors.isEmpty == (name == "two replies to one command"))
            #expect(errors.allSatisfy { $0.code == attack.code && $0.mayHaveRun }, "\(errors)")
            try await eventually("the connection ends") { !connection.isOpen }
            let after = await #expect(throws: RedisError.self) { try await connection.send(RedisCommand("PING")) }
            #expect(after?.code == attack.code)
        }
    }

    @Test("The greeting is no place for rubbish either", arguments: ["HTTP/1.1 200 OK\r\n", "$1\r\nab\r\n", ""])
    func greeting(bytes: String) async throws {
        try await ScriptedRedis.run { peer in
            try await peer.command()
            try await peer.send(bytes)
        } test: { server in
            let configuration = try server.configuration(":secret@")
            let error = await refusal(configuration)
            #expect(error?.code == (bytes.isEmpty ? .unavailable : .protocolViolation))
            #expect(!(error?.message.contains("secret") ?? true))
        }
    }

    @Test func `an endless stream of pushes and attributes is read without being kept`() async throws {
        try await ScriptedRedis.run { peer in
            try await peer.command()
            try await peer.send("+OK\r\n")
            try await peer.command()
            let chatter = String(repeating: ">2\r\n+invalidate\r\n*1\r\n+k\r\n|1\r\n+ttl\r\n:1\r\n#t\r\n", count: 1)
            for _ in 0..<100 { try await peer.send(String(repeating: ">2\r\n+invalidate\r\n_\r\n", count: 1000)) }
            try await peer.send(chatter)
            try await peer.clientClosed()
        } test: { server in
            let connection = try await RedisConnection.connect(server.configuration())
            #expect(try await connection.send(RedisCommand("GET", "x")) == .boolean(true))
            connection.close()
        }
    }
}

@Suite("RedisConnection to an old server")
struct RedisOldServerTests {
    private static let unknown =
        "-ERR unknown command `HELLO`, with args beginning with: `3`, `AUTH`, `default`, `s3cret`, \r\n"

    @Test func `falls back to AUTH and RESP2`() async throws {
        try await ScriptedRedis.run { peer in
            while let command = try await peer.command() {
                try await peer.send(command[0] == "HELLO" ? Self.unknown : "+OK\r\n")
            }
        } test: { server in
            var configuration = try server.configuration(":s3cret@")
            configuration.url.database = 4
            let connection = try await RedisConnection.connect(configuration)
            #expect(await connection.protocolVersion == 2)
            connection.close()
            #expect(
                server.commands == [
                    ["HELLO", "3", "AUTH", "default", "s3cret", "SETNAME", "martlet"], ["AUTH", "s3cret"],
                    ["CLIENT", "SETNAME", "martlet"], ["SELECT", "4"],
                ]
            )
        }
    }

    @Test("The password is in no message", arguments: ["close", "-ERR s3cret is wrong\r\n"])
    func secret(answer: String) async throws {
        try await ScriptedRedis.run { peer in
            try await peer.command()
            try await peer.send(Self.unknown)
            try await peer.command()
            if answer != "close" { try await peer.send(answer) }
        } test: { server in
            let configuration = try server.configuration("me:s3cret@")
            let error = await refusal(configuration)
            #expect(!(error?.message.contains("s3cret") ?? true), "\(String(describing: error))")
        }
    }

    @Test func `without a password, one that is wanted is asked for at once`() async throws {
        try await ScriptedRedis.run { peer in
            try await peer.command()
            try await peer.send("-ERR unknown command\r\n")
            try await peer.command()
            try await peer.send("-NOAUTH Authentication required.\r\n")
            try await peer.clientClosed()
        } test: { server in
            let configuration = try server.configuration()
            let error = await refusal(configuration)
            #expect(error?.code == .server("NOAUTH"))
        }
    }

    @Test func `a server that has too many clients is quoted`() async throws {
        try await ScriptedRedis.run { peer in
            try await peer.send("-ERR max number of clients reached\r\n")
        } test: { server in
            let configuration = try server.configuration()
            let error = await refusal(configuration)
            #expect(error?.message.contains("max number of clients") ?? false, "\(String(describing: error))")
        }
    }
}
