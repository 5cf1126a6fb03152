import MartletRedis
import Testing

@Suite("RedisConnection by TLS", .serialized)
struct RedisTLSTests {
    private func run(
        names: String = "DNS:localhost,IP:127.0.0.1",
        _ test: (_ port: Int, _ authorityFile: String) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder()
        let (key, certificate) = (folder.file("key.pem"), folder.file("cert.pem"))
        let command = [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
            "2",
            "-keyout", key, "-out", certificate, "-subj", "/CN=martlet test", "-addext",
            "subjectAltName=\(names)",
        ]
        #expect(try ChildProcess(command, output: folder.file("openssl.log")).wait() == 0)
        let port = try await RedisServer.freePort()
        let options = [
            "--tls-port", "\(port)", "--tls-cert-file", certificate, "--tls-key-file", key, "--tls-ca-cert-file",
            certificate,
            "--tls-auth-clients", "no",
        ]
        try await RedisServer.run(options, in: folder) { _ in try await test(port, certificate) }
    }

    @Test("trusts the authority it is given, by name and by address", arguments: ["localhost", "127.0.0.1"])
    func trusted(host: String) async throws {
        try await self.run { port, authorityFile in
            var configuration = RedisConnection.Configuration(url: try RedisURL("rediss://\(host):\(port)/1"))
            configuration.tls.authorityFile = authorityFile
            let connection = try await RedisConnection.connect(configuration)
            #expect(try await connection.send(RedisCommand("PING")).text == "PONG")
            let value = String(repeating: "x", count: 1 << 20)
            #expect(try await connection.send(RedisCommand("ECHO", "\(value)")).text == value)
            connection.close()
        }
    }

    @Test func `refuses a stranger's certificate and another's name, unless told not to look`() async throws {
        try await self.run(names: "DNS:redis.example") { port, authorityFile in
            var configuration = RedisConnection.Configuration(url: try RedisURL("rediss://127.0.0.1:\(port)"))
            let stranger = await refusal(configuration)
            #expect(stranger?.code == .unavailable)
            #expect(stranger?.message.contains("CERTIFICATE_VERIFY_FAILED") ?? false, "\(String(describing: stranger))")

            configuration.tls.authorityFile = authorityFile
            for name in [nil, "other.example"] {
                configuration.tls.serverName = name
                let error = await refusal(configuration)
                #expect(error?.code == .unavailable, "\(name ?? "the address")")
            }

            configuration.tls.serverName = "redis.example"
            try await RedisConnection.connect(configuration).close()
            configuration.tls.authorityFile = nil
            configuration.tls.verifiesCertificate = false
            try await RedisConnection.connect(configuration).close()
        }
    }

    @Test func `says which file it can't read`() async throws {
        var configuration = RedisConnection.Configuration(url: try RedisURL("rediss://127.0.0.1:1"))
        configuration.tls.authorityFile = "/none/ca.pem"
        let error = await refusal(configuration)
        #expect(error?.code == .configuration)
        #expect(error?.message.contains("/none/ca.pem") ?? false)
    }

    @Test func `plain text where TLS is spoken, and TLS where it isn't, are errors`() async throws {
        try await self.run { port, _ in
            let plain = try RedisURL("redis://127.0.0.1:\(port)")
            #expect(await refusal(.init(url: plain)) != nil)
        }
        try await RedisServer.run { server in
            let url = try RedisURL("rediss://127.0.0.1:\(server.port)")
            var configuration = RedisConnection.Configuration(url: url)
            configuration.connectTimeout = .seconds(1)
            let error = await refusal(configuration)
            #expect(error?.code == .unavailable || error?.code == .timeout)
        }
    }
}
