import Foundation
import Logging
import Martlet
import Testing

@testable import MartletServer

/// Which of file, environment and flags goes first, and what comes out.
@Suite struct ConfigurationLoadTests {
    static let clock = SourceConfiguration(
        name: "time",
        kind: .clock(every: .seconds(1)),
        topic: "time",
        isPublic: true
    )

    @Test func `without a file there is a public clock`() throws {
        let folder = try ConfigurationFolder()
        let loaded = try Configuration.load(file: nil, environment: [:], directory: folder.path)
        var expected = Configuration(sources: [Self.clock])
        expected.hasDemo = true
        #expect(loaded.configuration == expected)
        #expect(loaded.file == nil)
        #expect(loaded.configuration.listen.description == "127.0.0.1:8080")
        #expect(loaded.configuration.admin?.description == "127.0.0.1:8081")
    }

    @Test func `a martlet.yaml in the working directory is read`() throws {
        let folder = try ConfigurationFolder("loops: 3")
        let loaded = try Configuration.load(file: nil, environment: [:], directory: folder.path)
        #expect(loaded == Configuration.Loaded(configuration: Configuration(loops: 3), warnings: [], file: folder.file))
    }

    @Test func `every key is read`() throws {
        let folder = try ConfigurationFolder(
            """
            listen: "[::1]:9000"
            admin: off
            log: { store: "sqlite:/var/lib/m.db", keep: { updates: unlimited, age: unlimited }, tail: 64MB }
            streams: { heartbeat: 1s, stall: 1h, drain: 0, max: 10000, per-address: 10, max-age: 1h, compression: gzip }
            limits: { header: 8KiB, body: 2MiB, header-timeout: 5s, body-timeout: 1m, selectors: 10, publish-rate: 100 }
            tls: { certificate: /etc/m/cert.pem, key: /etc/m/key.pem }
            auth: { subscribe: { key: s }, anonymous: true, publish-origins: ["https://a.example"] }
            subscriptions: true
            cors: { origins: ["https://a.example", "http://localhost:3000"] }
            trusted-proxies: [127.0.0.1, "fd00::/8"]
            loops: 2
            diagnostics: { level: warning }
            sources:
              beat: { kind: clock, every: 10ms, topic: beat }
              app: { kind: file, path: /var/log/app.log, topic: logs/app, line-limit: 1KiB, public: true }
            """
        )
        var expected = Configuration(
            listen: BindAddress(host: "::1", port: 9000),
            admin: nil,
            tls: Configuration.TLS(certificate: "/etc/m/cert.pem", key: "/etc/m/key.pem"),
            auth: Configuration.Auth(
                subscribe: .text(Secret("s"), .hs256),
                anonymous: true,
                publishOrigins: ["https://a.example"]
            ),
            subscriptions: true,
            cors: Configuration.CORS(origins: ["https://a.example", "http://localhost:3000"]),
            trustedProxies: ["127.0.0.1", "fd00::/8"].compactMap(AddressRange.init),
            log: Configuration.Log(
                store: .sqlite(path: "/var/lib/m.db"),
                keep: Configuration.Log.Keep(updates: nil, age: nil),
                tail: 64_000_000
            ),
            streams: Configuration.Streams(
                heartbeat: .seconds(1),
                stall: .seconds(3600),
                drain: .zero,
                max: 10_000,
                perAddress: 10,
                maxAge: .seconds(3600),
                compression: .gzip
            ),
            limits: Configuration.Limits(
                header: 8192,
                body: 2 << 20,
                headerTimeout: .seconds(5),
                bodyTimeout: .seconds(60),
                selectors: 10,
                publishRate: 100
            ),
            loops: 2,
            diagnostics: Configuration.Diagnostics(level: .warning)
        )
        expected.sources = [
            SourceConfiguration(
                name: "beat",
                kind: .clock(every: .milliseconds(10)),
                topic: "beat",
                location: ConfigurationLocation(file: folder.file, line: 14, column: 3)
            ),
            SourceConfiguration(
                name: "app",
                kind: .file(path: "/var/log/app.log", lineLimit: 1024),
                topic: "logs/app",
                isPublic: true,
                location: ConfigurationLocation(file: folder.file, line: 15, column: 3)
            ),
        ]
        #expect(try folder.load().configuration == expected)
    }

    @Test func `a flag goes before the environment, the environment before the file`() throws {
        let folder = try ConfigurationFolder("log: { keep: { updates: 1, age: 1d }, tail: 1MiB }\nloops: 1")
        let loaded = try folder.load(
            environment: ["MARTLET_LOG_KEEP_UPDATES": "2", "MARTLET_LOG_KEEP_AGE": "2d", "MARTLET_STREAMS_MAX": "2"],
            flags: [Configuration.Flag(name: "--keep", keyPath: "log.keep.updates", value: "3")]
        )
        #expect(loaded.configuration.log.keep == Configuration.Log.Keep(updates: 3, age: .seconds(2 * 86_400)))
        #expect(loaded.configuration.log.tail == 1 << 20)
        #expect(loaded.configuration.loops == 1)
        #expect(loaded.configuration.streams.max == 2)
        #expect(loaded.warnings == [])
    }

    @Test func `a bad value of the file does not matter where another goes before it`() throws {
        let folder = try ConfigurationFolder("log: { tail: '${NOWHERE}' }\nloops: many\nlisten: 0.0.0.0:1")
        let loaded = try folder.load(
            environment: ["MARTLET_LOOPS": "4", "MARTLET_LOG_TAIL": "1MiB"],
            flags: [Configuration.Flag(name: "--address", keyPath: "listen", value: "0")]
        )
        #expect(loaded.configuration.loops == 4)
        #expect(loaded.configuration.listen == .loopback(port: 0))
    }

    @Test(arguments: [
        ("MARTLET_LOOPS", "x", #"loops: expected a whole number from 1 to 1024, found "x""#),
        (
            "MARTLET_LISTEN", "0.0.0.0:1",
            "listen: 0.0.0.0:1 \(ConfigurationRefusalTests.open)"
        ),
        (
            "MARTLET_LIMITS_HEADER_TIMEOUT", "1h",
            #"limits.header-timeout: expected a duration from 1s to 5m, found "1h""#
        ),
        (
            "MARTLET_SOURCES_MY_CLOCK_KIND", "mail",
            #"sources.my-clock.kind: expected one of clock, command, file, http, redis-channel, redis-queue, redis-stream, redis-value, sql, sql-outbox, system, found "mail""#
        ),
        ("MARTLET_LOG_STORE", "${X}", #"log.store: expected memory or sqlite:PATH, found "${X}""#),
    ])
    func `a bad variable is named`(_ name: String, _ value: String, _ expected: String) throws {
        let folder = try ConfigurationFolder("sources:\n  my-clock: { kind: clock, topic: t }")
        #expect(folder.refusal(environment: [name: value, "X": "memory"]) == "\(name): \(expected)")
    }

    @Test(arguments: [
        ("--loops", "loops", "x", #"loops: expected a whole number from 1 to 1024, found "x""#),
        ("--admin", "admin", "x", "admin: \(ConfigurationRefusalTests.address), or off, found \"x\""),
        ("--address", "listen", "8081", "listen: 127.0.0.1:8081 \(ConfigurationRefusalTests.both)"),
        ("--every", "sources.time.every", "1s", "sources.time.every: unknown key"),
        ("--x", "lopps", "1s", "lopps: unknown key; did you mean loops?"),
    ])
    func `a bad flag is named`(_ name: String, _ keyPath: String, _ value: String, _ expected: String) throws {
        let flag = Configuration.Flag(name: name, keyPath: keyPath, value: value)
        #expect(try ConfigurationFolder("").refusal(flags: [flag]) == "\(name): \(expected)")
    }

    @Test func `a variable of ours that is no setting is a warning`() throws {
        let environment = [
            "MARTLET_LOG": "memory", "MARTLET_LOPPS": "1", "MARTLET_SOURCES_TIME_EVERY": "1s", "MARTLET_LOOPS": "",
            "HOME": "/",
        ]
        let loaded = try ConfigurationFolder("").load(environment: environment)
        #expect(
            loaded.warnings == [
                "MARTLET_LOG is not a setting and is ignored",
                "MARTLET_LOPPS is not a setting and is ignored; did you mean MARTLET_LOOPS?",
                "MARTLET_SOURCES_TIME_EVERY is not a setting and is ignored",
            ]
        )
        #expect(loaded.configuration == Configuration())
    }

    @Test func `the clock of a start without a file can be set from the environment`() throws {
        let folder = try ConfigurationFolder()
        let environment = ["MARTLET_SOURCES_TIME_EVERY": "5s", "MARTLET_SOURCES_TIME_PUBLIC": "false"]
        let loaded = try Configuration.load(file: nil, environment: environment, directory: folder.path)
        #expect(loaded.configuration.sources.map(\.kind) == [.clock(every: .seconds(5))])
        #expect(loaded.configuration.sources.map(\.isPublic) == [false])
        #expect(loaded.warnings == [])
    }

    @Test func `a variable that could mean two keys is refused`() throws {
        let folder = try ConfigurationFolder(
            "sources:\n  a-b: { kind: clock, topic: x }\n  a_b: { kind: clock, topic: y }"
        )
        #expect(folder.refusal() == "")
        #expect(
            folder.refusal(environment: ["MARTLET_SOURCES_A_B_EVERY": "2s"])
                == "MARTLET_SOURCES_A_B_EVERY: sources.a_b.every: the variable could also mean sources.a-b.every; "
                + "set both in the file instead"
        )
    }

    @Test func `a variable in a value of the file is the environment's`() throws {
        let folder = try ConfigurationFolder(
            """
            log: { store: "sqlite:${DIR}/m.db" }
            sources:
              app: { kind: file, path: '/${X}$${X}', topic: '${X}' }
            """
        )
        let configuration = try folder.load(environment: ["DIR": "/data", "X": "y"]).configuration
        #expect(configuration.log.store == .sqlite(path: "/data/m.db"))
        #expect(configuration.sources.map(\.kind) == [.file(path: "/y${X}", lineLimit: 65_536)])
        #expect(configuration.sources.map(\.topic) == ["y"])
        #expect(
            folder.refusal(environment: ["X": "y"])
                == "martlet.yaml:1: log.store: the variable DIR is not set in the environment"
        )
        #expect(
            try ConfigurationFolder("\nloops: ${N}").refusal(environment: ["N": "all"])
                == #"martlet.yaml:2: loops: expected a whole number from 1 to 1024, found "all" (written "${N}")"#
        )
    }

    @Test func `a relative path of the file starts at its folder, another at the working directory`() throws {
        let folder = try ConfigurationFolder(
            "log: { store: sqlite:m.db }\nsources:\n  a: { kind: file, path: logs/a, topic: a }"
        )
        let configuration = try folder.load().configuration
        #expect(configuration.log.store == .sqlite(path: "\(folder.path)/m.db"))
        #expect(configuration.sources.map(\.kind) == [.file(path: "\(folder.path)/logs/a", lineLimit: 65_536)])

        let other = try folder.load(
            environment: ["MARTLET_SOURCES_A_PATH": "a"],
            flags: [Configuration.Flag(name: "--log", keyPath: "log.store", value: "sqlite:x.db")]
        ).configuration
        #expect(other.log.store == .sqlite(path: "x.db"))
        #expect(other.sources.map(\.kind) == [.file(path: "a", lineLimit: 65_536)])
        #expect(ConfigurationOrigin.file(ConfigurationLocation(file: "martlet.yaml")).resolve(path: "a") == "a")
        let odd = ConfigurationOrigin.file(ConfigurationLocation(file: "/etc/[x]*/martlet.yaml"))
        #expect(odd.resolve(path: "logs/*.log") == "/etc/[x]*/logs/*.log")
        #expect(odd.resolve(pattern: "logs/*.log") == "/etc/\\[x]\\*/logs/*.log")
        #expect(odd.resolve(pattern: "/logs/*.log") == "/logs/*.log")
    }
}
