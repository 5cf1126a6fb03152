import Testing

@testable import MartletServer

/// What the program says about a file it refuses, to the letter.
@Suite struct ConfigurationRefusalTests {
    struct Row: CustomTestStringConvertible, Sendable {
        let yaml: String
        let expected: String

        init(_ yaml: String, _ expected: String) {
            self.yaml = yaml
            self.expected = expected
        }

        var testDescription: String { yaml.quoted }
    }

    @Test(arguments: addresses + logs + numbers)
    func `a bad value is named with its line, its key and what is expected`(_ row: Row) throws {
        let refusal = try ConfigurationFolder(row.yaml).refusal()
        #expect(refusal == row.expected)
    }

    @Test(arguments: sources)
    func `a bad source is named with its line, its key and what is expected`(_ row: Row) throws {
        let refusal = try ConfigurationFolder(row.yaml).refusal()
        #expect(refusal == row.expected)
    }

    @Test(arguments: keys)
    func `an unknown, missing or repeated key is named with its line`(_ row: Row) throws {
        let refusal = try ConfigurationFolder(row.yaml).refusal()
        #expect(refusal == row.expected)
    }

    @Test(arguments: syntax)
    func `what is not YAML is named with its line`(_ row: Row) throws {
        let refusal = try ConfigurationFolder(row.yaml).refusal()
        #expect(refusal == row.expected)
    }

    @Test func `everything that is wrong is told at once, by line`() throws {
        let folder = try ConfigurationFolder(
            """
            sources:
              a: { kind: clock, topic: "", every: 1 }
            streams: { heartbeat: 2h, wait: 1s }
            log:
              keep:
                age: soon
              store: redis://localhost
            listen: 0.0.0.0:8080
            """
        )
        let lines = folder.refusal(
            environment: ["MARTLET_LOOPS": "none", "MARTLET_STREAMS_DRAIN": "9s"],
            flags: [Configuration.Flag(name: "--admin", keyPath: "admin", value: "10.0.0.1:1")]
        ).split(separator: "\n").map { $0.split(separator: ": ").prefix(2).joined(separator: " ") }
        #expect(
            lines == [
                "martlet.yaml:2 sources.a.topic", "martlet.yaml:2 sources.a.every", "martlet.yaml:3 streams.heartbeat",
                "martlet.yaml:3 streams.wait", "martlet.yaml:6 log.keep.age", "martlet.yaml:7 log.store",
                "martlet.yaml:8 listen", "MARTLET_STREAMS_DRAIN streams.drain", "MARTLET_LOOPS loops", "--admin admin",
            ]
        )
    }

    @Test func `a problem tells its code, key and place to a program too`() throws {
        let folder = try ConfigurationFolder("\n log: { tail: 1 }")
        let error = try #require(throws: ConfigurationError.self) { try folder.load() }
        let location = ConfigurationLocation(file: folder.file, line: 2, column: 15)
        #expect(error.problems.map(\.code) == [.invalidValue])
        #expect(error.problems.map(\.key) == ["log.tail"])
        #expect(error.problems.map(\.origin) == [.file(location)])
    }
}

extension ConfigurationRefusalTests {
    static let instead = "use 127.0.0.1 or [::1], behind a proxy that decides who may pass if others must reach it"
    static let open =
        "is not a loopback address. Without a key anybody who can reach it could publish; "
        + "set auth.publish or auth.subscribe, or \(instead)"
    static let openAdmin =
        "is not a loopback address. Without a token anybody who can reach it could close streams and publish; "
        + "set admin-token, or \(instead)"
    static let both = "is the address of both listen and admin; give one of them another port"
    static let address = #"expected HOST:PORT like 127.0.0.1:8080 or "[::1]:8080""#

    static let addresses: [Row] = [
        Row("listen: 0.0.0.0:8080", "martlet.yaml:1: listen: 0.0.0.0:8080 \(open)"),
        Row("\nlisten: '[::]:80'", "martlet.yaml:2: listen: [::]:80 \(open)"),
        Row("listen: example.org:80", "martlet.yaml:1: listen: example.org:80 \(open)"),
        Row(
            "admin: 192.168.1.4:1",
            "martlet.yaml:1: admin: 192.168.1.4:1 \(openAdmin)"
        ),
        Row(
            "admin-token: short",
            "martlet.yaml:1: admin-token: expected a token of 16 to 1024 characters, found another text"
        ),
        Row("listen: localhost", #"martlet.yaml:1: listen: \#(address), found "localhost""#),
        Row("listen: off", #"martlet.yaml:1: listen: \#(address), found "off""#),
        Row("listen: ''", "martlet.yaml:1: listen: \(address), found nothing"),
        Row("listen:\nloops: 2", "martlet.yaml:1: listen: \(address), found nothing"),
        Row("listen: [a]", "martlet.yaml:1: listen: \(address), found a list"),
        Row("admin: on", #"martlet.yaml:1: admin: \#(address), or off, found "on""#),
        Row(
            "listen: 127.0.0.1:65536",
            #"martlet.yaml:1: listen: expected a port from 0 to 65535, found "65536""#
        ),
        Row("listen: '127.0.0.1:'", #"martlet.yaml:1: listen: expected a port from 0 to 65535, found """#),
        Row(
            "listen: ::1:8080",
            #"martlet.yaml:1: listen: an IPv6 address needs brackets, like "[::1]:8080"; found "::1""#
        ),
        Row("listen: '[::g]:1'", #"martlet.yaml:1: listen: "::g" is not an IPv6 address"#),
        Row(#"listen: "[::1\0]:1""#, #"martlet.yaml:1: listen: "::1\u{0}" is not an IPv6 address"#),
        Row("listen: 127.1:80", #"martlet.yaml:1: listen: "127.1" is not an IPv4 address"#),
        Row("listen: local host:80", #"martlet.yaml:1: listen: "local host" is not a host name"#),
        Row(
            "listen: 9000\nadmin: 9000",
            "martlet.yaml:2: admin: 127.0.0.1:9000 \(both)"
        ),
        Row(
            "listen: 8081",
            "martlet.yaml:1: listen: 127.0.0.1:8081 \(both)"
        ),
    ]

    static let logs: [Row] = [
        Row(
            "log: { store: redis://localhost }",
            "martlet.yaml:1: log.store: a log on Redis is not supported yet; use memory or sqlite:PATH"
        ),
        Row("log: { store: {} }", "martlet.yaml:1: log.store: expected memory or sqlite:PATH, found a mapping"),
        Row(
            "log: { store: 'sqlite:' }",
            #"martlet.yaml:1: log.store: expected memory or sqlite:PATH, found "sqlite:""#
        ),
        Row(
            "log: { store: 'sqlite::memory:' }",
            "martlet.yaml:1: log.store: SQLite in memory would lose what it acknowledged; for that, use memory"
        ),
        Row(
            "log: { store: postgres }",
            #"martlet.yaml:1: log.store: expected memory or sqlite:PATH, found "postgres""#
        ),
        Row(
            "log: memory",
            #"martlet.yaml:1: log: expected a mapping with the keys store, keep, tail, found "memory""#
        ),
        Row(
            "log:\n  keep:\n    age: soon",
            #"martlet.yaml:3: log.keep.age: expected a duration like 30s, 5m, 12h or 7d, or unlimited, found "soon""#
        ),
        Row(
            "log: { keep: { age: 0 } }",
            #"martlet.yaml:1: log.keep.age: expected a duration from 1s to 36500d, found "0""#
        ),
        Row(
            "log: { keep: { updates: 0 } }",
            #"martlet.yaml:1: log.keep.updates: expected a whole number of at least 1, or unlimited, found "0""#
        ),
        Row(
            "log: { keep: { updates: 99999999999999999999 } }",
            "martlet.yaml:1: log.keep.updates: expected a whole number of at least 1, or unlimited, "
                + #"found "99999999999999999999""#
        ),
        Row(
            "log: { tail: 1KiB }",
            #"martlet.yaml:1: log.tail: expected a size from 64KiB to 64GiB, found "1KiB""#
        ),
        Row(
            "log: { tail: lots }",
            #"martlet.yaml:1: log.tail: expected a size like 64KiB, 16MiB, 64MB or 1048576, found "lots""#
        ),
    ]

    static let numbers: [Row] = [
        Row(
            "streams: { per-address: 0 }",
            #"martlet.yaml:1: streams.per-address: expected a whole number of at least 1, or unlimited, found "0""#
        ),
        Row(
            "streams: { max-age: 1ms }",
            #"martlet.yaml:1: streams.max-age: expected a duration from 1s to 36500d, found "1ms""#
        ),
        Row(
            "streams: { compression: brotli }",
            #"martlet.yaml:1: streams.compression: expected one of off, gzip, found "brotli""#
        ),
        Row(
            "limits: { selectors: 1001 }",
            #"martlet.yaml:1: limits.selectors: expected a whole number from 1 to 1000, found "1001""#
        ),
        Row(
            "limits: { publish-rate: 0 }",
            #"martlet.yaml:1: limits.publish-rate: expected a whole number from 1 to 1000000, or unlimited, found "0""#
        ),
        Row(
            "limits: { body-timeout: 301s }",
            #"martlet.yaml:1: limits.body-timeout: expected a duration from 1s to 5m, found "301s""#
        ),
        Row(
            "streams: { heartbeat: 500ms }",
            #"martlet.yaml:1: streams.heartbeat: expected a duration from 1s to 1h, found "500ms""#
        ),
        Row(
            "streams: { stall: 61m }",
            #"martlet.yaml:1: streams.stall: expected a duration from 1s to 1h, found "61m""#
        ),
        Row("streams: { drain: 9s }", #"martlet.yaml:1: streams.drain: expected a duration from 0 to 8s, found "9s""#),
        Row(
            "streams: { max: -1 }",
            #"martlet.yaml:1: streams.max: expected a whole number of at least 1, or unlimited, found "-1""#
        ),
        Row(
            "limits: { header: 512 }",
            #"martlet.yaml:1: limits.header: expected a size from 1KiB to 1MiB, found "512""#
        ),
        Row(
            "limits: { body: 2GiB }",
            #"martlet.yaml:1: limits.body: expected a size from 1KiB to 512MiB, found "2GiB""#
        ),
        Row(
            "limits: { header-timeout: 1.5s }",
            "martlet.yaml:1: limits.header-timeout: expected a duration like 30s, 5m, 12h or 7d, found \"1.5s\""
        ),
        Row("loops: 0", #"martlet.yaml:1: loops: expected a whole number from 1 to 1024, found "0""#),
        Row("loops: {}", "martlet.yaml:1: loops: expected a whole number from 1 to 1024, found a mapping"),
        Row(
            "diagnostics: { level: verbose }",
            "martlet.yaml:1: diagnostics.level: expected one of trace, debug, info, notice, warning, error, critical, "
                + #"found "verbose""#
        ),
        Row(
            #"loops: "a\nb\e\u202e""#,
            #"martlet.yaml:1: loops: expected a whole number from 1 to 1024, found "a\nb\u{1b}\u{202e}""#
        ),
    ]

    static let sources: [Row] = [
        Row(
            "sources: [clock]",
            "martlet.yaml:1: sources: expected a mapping of source names and their settings, found a list"
        ),
        Row(
            "sources:\n  time: clock",
            #"martlet.yaml:2: sources.time: expected a mapping with the keys kind, topic, found "clock""#
        ),
        Row(
            "sources:\n  time: { topic: time }",
            "martlet.yaml:2: sources.time.kind: required: one of clock, command, file, http, redis-channel, redis-queue, redis-stream, redis-value, sql, sql-outbox, system"
        ),
        Row(
            "sources:\n  time: { kind: mail, topic: time, query: x }",
            #"martlet.yaml:2: sources.time.kind: expected one of clock, command, file, http, redis-channel, redis-queue, redis-stream, redis-value, sql, sql-outbox, system, found "mail""#
        ),
        Row(
            "sources:\n  time: { kind: clock }",
            "martlet.yaml:2: sources.time.topic: required: a topic of 1 to 1024 bytes without control characters"
        ),
        Row(
            "sources:\n  time: { kind: clock, topic: \"a\\tb\" }",
            "martlet.yaml:2: sources.time.topic: expected a topic of 1 to 1024 bytes without control characters, "
                + #"found "a\tb""#
        ),
        Row(
            "sources:\n  time: { kind: clock, topic: '\(String(repeating: "é", count: 513))' }",
            "martlet.yaml:2: sources.time.topic: expected a topic of 1 to 1024 bytes without control characters, "
                + "found \"\(String(repeating: "é", count: 80))…\""
        ),
        Row(
            "sources:\n  u: { kind: clock, topic: 'users/{id}' }",
            "martlet.yaml:2: sources.u.topic: a clock has one topic; leave the {…} out of it"
        ),
        Row(
            "sources:\n  n: { kind: sql, topic: 'users/{id', database: 'sqlite:a.db', query: SELECT 1 }",
            "martlet.yaml:2: sources.n.topic: The URI template has a { at byte 7 that is never closed."
        ),
        Row(
            "sources:\n  n: { kind: sql, topic: 'users/{id}', database: 'mongo:a', query: SELECT 1 }",
            "martlet.yaml:2: sources.n.database: the URL's scheme is not one of postgresql, postgres, mysql, mariadb, sqlite"
        ),
        Row(
            "sources:\n  n: { kind: sql, topic: 'users/{id}', database: 'sqlite:a.db', query: 'SELECT :ip, :id' }",
            "martlet.yaml:2: sources.n.query: the query's :ip is no variable of the topic (it has id); "
                + "write the topic with {ip}"
        ),
        Row(
            "sources:\n  n: { kind: sql, topic: 'users/{id}', database: 'sqlite:a.db', query: SELECT 1, batch: id }",
            "martlet.yaml:2: sources.n.batch: the query has no :id; it needs IN (:id), and id as a column"
        ),
        Row(
            "sources:\n  n: { kind: sql, topic: t, database: 'sqlite:a.db', query: \"SELECT 'x\" }",
            "martlet.yaml:2: sources.n.query: the query has a ' that nothing closes"
        ),
        Row(
            "sources:\n  time: { kind: clock, topic: t, every: 1ms }",
            #"martlet.yaml:2: sources.time.every: expected a duration from 10ms to 1d, found "1ms""#
        ),
        Row(
            "sources:\n  time: { kind: clock, topic: t, public: yes }",
            #"martlet.yaml:2: sources.time.public: expected true or false, found "yes""#
        ),
        Row(
            "sources:\n  app: { kind: file, topic: t }",
            "martlet.yaml:2: sources.app.path: required: the path of a file, or a pattern like logs/*.log"
        ),
        Row(
            "sources:\n  app: { kind: file, topic: t, path: 'logs*/x' }",
            "martlet.yaml:2: sources.app.path: The wildcards *, ? and [ can only stand in the last part of logs*/x; "
                + "write \\ before one that is meant as it is."
        ),
        Row(
            "sources:\n  app: { kind: file, topic: 'logs/{name}', path: x }",
            "martlet.yaml:2: sources.app.topic: a file's topic may have the one variable {file}, for its name"
        ),
        Row(
            "sources:\n  app: { kind: file, topic: t, path: x, line-limit: 1 }",
            #"martlet.yaml:2: sources.app.line-limit: expected a size from 16B to 16MiB, found "1""#
        ),
        Row(
            "sources:\n  my app: { kind: nonsense, more: nonsense }",
            #"martlet.yaml:2: sources."my app": the name of a source is 1 to 64 letters, digits, _ and -"#
        ),
        Row(
            "sources:\n  a: { kind: clock, topic: t }\n  b:\n    kind: file\n    path: x\n    topic: t",
            #"martlet.yaml:6: sources.b.topic: a (line 2) and b both publish to "t"; give each its own topic"#
        ),
        Row(
            "sources:\n  a: { kind: clock, topic: t, path: x }",
            "martlet.yaml:2: sources.a.path: unknown key (the keys here are kind, topic, public, every)"
        ),
    ]

    static let topKeys =
        "the keys here are listen, admin, admin-token, tls, auth, subscriptions, cors, trusted-proxies, log, streams, limits, loops, "
        + "diagnostics, sources"

    static let keys: [Row] = [
        Row("listne: 8080", "martlet.yaml:1: listne: unknown key; did you mean listen? (\(topKeys))"),
        Row("a:\n  b: c", "martlet.yaml:1: a: unknown key (\(topKeys))"),
        Row("'log.tail': 1MiB", "martlet.yaml:1: log.tail: unknown key (\(topKeys))"),
        Row("\"a\\nb\": 1", #"martlet.yaml:1: "a\nb": unknown key (\#(topKeys))"#),
        Row(
            "log:\n  store: memory\n  keep:\n    upadtes: 4",
            "martlet.yaml:4: log.keep.upadtes: unknown key; did you mean updates? (the keys here are updates, age)"
        ),
        Row(
            "limits: { header_timeout: 1s }",
            "martlet.yaml:1: limits.header_timeout: unknown key; did you mean header-timeout? "
                + "(the keys here are header, body, header-timeout, body-timeout, selectors, publish-rate)"
        ),
        Row("listen: 1\nloops: 2\nlisten: 3", "martlet.yaml:3: listen: the key is given twice, first on line 1"),
        Row(
            "log:\n  tail: 1MiB\n  # why\n  keep: { age: 1d }\n  \"tail\": 2MiB\nloops: 2",
            "martlet.yaml:5: tail: the key is given twice, first on line 2"
        ),
        Row("loops: 2\nlog: { tail: 1MiB, tail: 2MiB }", "martlet.yaml:2: tail: the key is given twice"),
        Row("[a]: b", "martlet.yaml:1: a key must be text, found a list"),
        Row("<<: x", #"martlet.yaml:1: << expects a mapping or a list of them, found "x""#),
    ]

    static let invalid = "is not valid YAML:"

    static let syntax: [Row] = [
        Row(
            "- a",
            "martlet.yaml:1: expected a mapping of settings, like listen: 127.0.0.1:8080, found a list"
        ),
        Row(
            "# hello\nmemory",
            #"martlet.yaml:2: expected a mapping of settings, like listen: 127.0.0.1:8080, found "memory""#
        ),
        Row(
            "loops: 2\n---\nloops: 3",
            "martlet.yaml:2: a second document begins here, but a configuration is one"
        ),
        Row(
            "loops: 2\nlog: { tail: 1MiB\n",
            "martlet.yaml:3: \(invalid) did not find expected ',' or '}' "
                + "(while parsing a flow mapping that begins on line 2)"
        ),
        Row(
            "log:\n\ttail: 1MiB",
            "martlet.yaml:2: \(invalid) found character that cannot start any token "
                + "(YAML is indented with spaces, and this line begins with a tab)"
        ),
        Row(
            "listen: [::1]:8080",
            "martlet.yaml:1: \(invalid) did not find expected node content "
                + #"(an IPv6 address needs quotes: "[::1]:8080")"#
        ),
        Row(
            "\nlog: { store: ${LOG} }",
            "martlet.yaml:2: \(invalid) did not find expected ',' or '}' "
                + "(a value with ${…} needs quotes inside {…} and […])"
        ),
        Row(
            "listen: 'a\nloops: 3",
            "martlet.yaml:2: \(invalid) found unexpected end of stream "
                + "(while scanning a quoted scalar that begins on line 1)"
        ),
        Row(
            "auth: { subscribe: { key: !ChangeMe! } }",
            "martlet.yaml:1: \(invalid) did not find expected tag URI (a text that begins with ! needs quotes)"
        ),
        Row("listen: *a", "martlet.yaml:1: \(invalid) found undefined alias"),
        Row("loops: 2\r\nlisten: \u{7}", "martlet.yaml:2: \(invalid) control characters are not allowed (U+7)"),
        Row("loops: 2\nlisten: \u{0}", "martlet.yaml:2: \(invalid) control characters are not allowed"),
        Row("loops: 2\n  listen: 1", "martlet.yaml:2: \(invalid) mapping values are not allowed in this context"),
        Row("listen: 127.0.0.1:", "martlet.yaml:1: \(invalid) mapping values are not allowed in this context"),
        Row("loops: @2", "martlet.yaml:1: \(invalid) found character that cannot start any token"),
        Row("loops: \"\\ud800\"", "martlet.yaml:1: \(invalid) found invalid Unicode character escape code"),
        Row("%YAML 9.0\n---\nloops: 2", "martlet.yaml:1: \(invalid) found incompatible YAML document"),
    ]
}
