import Testing

@testable import MartletServer

/// Values of which there may be many, and how an origin is written.
@Suite struct ConfigurationListTests {
    typealias Row = ConfigurationRefusalTests.Row

    private static let origins = ["https://a.example", "http://b.example:81"]

    @Test(arguments: [
        #"["https://a.example", "http://b.example:81"]"#, #""https://a.example,http://b.example:81""#,
        #"" https://a.example , http://b.example:81 ""#, "\n    - https://a.example\n    - http://b.example:81\n",
        #"["${A}", "http://${B}:81"]"#, #""${A},http://${B}:81""#, "'${BOTH}'",
    ])
    func `a list is a sequence, or a text with commas`(_ yaml: String) throws {
        let environment = [
            "A": "https://a.example", "B": "b.example", "BOTH": "https://a.example, http://b.example:81",
        ]
        let configuration = try ConfigurationFolder("cors:\n  origins: \(yaml)").load(environment: environment)
            .configuration
        #expect(configuration.cors.origins == Self.origins)
    }

    @Test func `a flag goes before the environment, the environment before the file`() throws {
        let folder = try ConfigurationFolder(
            "cors: { origins: [nonsense] }\ntrusted-proxies: [10.0.0.1]\nauth: { publish-origins: 'https://c.example' }"
        )
        let configuration = try folder.load(
            environment: [
                "MARTLET_CORS_ORIGINS": "https://a.example,http://b.example:81", "MARTLET_TRUSTED_PROXIES": "::1",
                "MARTLET_AUTH_PUBLISH_ORIGINS": "",
            ],
            flags: [Configuration.Flag(name: "--set", keyPath: "trusted-proxies", value: "127.0.0.1, 10.0.0.0/8")]
        ).configuration
        #expect(configuration.cors.origins == Self.origins)
        #expect(configuration.trustedProxies.map(\.description) == ["127.0.0.1", "10.0.0.0/8"])
        #expect(configuration.auth.publishOrigins == ["https://c.example"])
    }

    @Test func `an empty list is one, and any origin is a word`() throws {
        #expect(try ConfigurationFolder("cors: { origins: [] }").load().configuration == Configuration())
        let cors = try ConfigurationFolder("cors: { origins: '*' }").load().configuration.cors
        #expect(cors == Configuration.CORS(origins: ["*"]))
        #expect(cors.allowsAnyOrigin)
        #expect(!Configuration.CORS(origins: Self.origins).allowsAnyOrigin)
    }

    @Test func `a list is bounded`() throws {
        let many = (0..<1000).map { "http://a\($0)" }
        for list in ["[\(many.joined(separator: ", "))", "\"\(many.joined(separator: ","))"] {
            let close = list.first == "[" ? "]" : "\""
            #expect(
                try ConfigurationFolder("cors: { origins: \(list)\(close) }").load().configuration.cors.origins == many
            )
            #expect(
                try ConfigurationFolder("cors: { origins: \(list),http://b\(close) }").refusal()
                    == "martlet.yaml:1: cors.origins: expected a list of at most 1000 values, found more"
            )
        }
    }

    @Test(arguments: lists + badOrigins)
    func `a bad value is named with its own line`(_ row: Row) throws {
        #expect(try ConfigurationFolder(row.yaml).refusal(environment: ["X": "x"]) == row.expected)
    }

    @Test func `a bad value beside the file is named`() throws {
        let flag = Configuration.Flag(name: "--set", keyPath: "cors.origins", value: "https://a.example,")
        let refusal = try ConfigurationFolder("").refusal(
            environment: ["MARTLET_TRUSTED_PROXIES": "::1,localhost"],
            flags: [flag]
        )
        #expect(
            refusal == """
                MARTLET_TRUSTED_PROXIES: trusted-proxies: expected \(Self.range), found "localhost"
                --set: cors.origins: expected \(Self.origin), or "*" alone, found nothing
                """
        )
    }

    @Test(arguments: [
        ("https://app.example", "https://app.example"), ("HTTPS://App.Example", "https://app.example"),
        ("https://app.example:443", "https://app.example"), ("http://app.example:080", "http://app.example"),
        ("http://app.example:443", "http://app.example:443"), ("http://127.0.0.1:3000", "http://127.0.0.1:3000"),
        ("http://[0:0:0:0:0:0:0:1]:80", "http://[::1]"), ("http://[2001:DB8::1]:81", "http://[2001:db8::1]:81"),
        ("capacitor://localhost", "capacitor://localhost"),
        ("http://xn--bcher-kva.example", "http://xn--bcher-kva.example"),
        ("moz-extension://a-b", "moz-extension://a-b"),
    ])
    func `an origin is compared in lower case and without its own port`(_ text: String, _ expected: String) throws {
        #expect(try ValueFormat<String>.origin.read(text) == expected)
    }

    @Test(arguments: [
        ("https://A.example:443/a/b?c#d", "https://a.example", "/a/b?c#d"), ("http://a?b", "http://a", "?b"),
        ("http://a#b:c", "http://a", "#b:c"), ("http://[::1]:8/@", "http://[::1]:8", "/@"),
    ])
    func `a URL begins with its origin`(_ text: String, _ origin: String, _ rest: String) throws {
        let address = try #require(try WebAddress(text))
        #expect(address.origin == origin)
        #expect(address.rest == rest)
    }

    @Test(arguments: [
        "", "a", "://a", "http:", "http:/a", "http://", "http:///a", "http://:80", "http://a:", "http://a:x",
        "http://a:65536", "http://a b", "http://a\\b", "http://[::1", "http://[::g]", "http://::1", "http://[::1]x",
        "http://1.2.3", "http://ä.example", "http://u@a", "1http://a", "ht_tp://a", "http://*.a", "http://a\0",
        "http://a/ ", "http://a/\u{301}", " http://a",
    ])
    func `anything else is no URL`(_ text: String) {
        #expect((try? WebAddress(text)) == nil)
    }
}

extension ConfigurationListTests {
    static let origin = "an origin like https://app.example or http://localhost:3000"
    static let range = "an IP address like 10.0.0.1 or a block like 10.0.0.0/8"

    static let lists: [Row] = [
        Row(
            "trusted-proxies:\n  - ::1\n  - nginx\n  - 10.0.0.1/8\n  - [a]\n  - '${X}'\n  - '${NOPE}'\n  -",
            """
            martlet.yaml:3: trusted-proxies: expected \(range), found "nginx"
            martlet.yaml:4: trusted-proxies: "10.0.0.1/8" has bits set beyond its prefix; \
            write 10.0.0.0/8 for the block, or the address alone
            martlet.yaml:5: trusted-proxies: expected \(range), found a list
            martlet.yaml:6: trusted-proxies: expected \(range), found "x" (written "${X}")
            martlet.yaml:7: trusted-proxies: the variable NOPE is not set in the environment
            martlet.yaml:8: trusted-proxies: expected \(range), found nothing
            """
        ),
        Row(
            "trusted-proxies: { a: b }",
            "martlet.yaml:1: trusted-proxies: expected a list, each \(range), found a mapping"
        ),
        Row("trusted-proxies:", "martlet.yaml:1: trusted-proxies: expected a list, each \(range), found nothing"),
        Row("trusted-proxies: ''", "martlet.yaml:1: trusted-proxies: expected \(range), found nothing"),
        Row("trusted-proxies: '::1,,::2'", "martlet.yaml:1: trusted-proxies: expected \(range), found nothing"),
        Row(
            "trusted-proxies: '::1,${X}'",
            #"martlet.yaml:1: trusted-proxies: expected \#(range), found "x" (written "::1,${X}")"#
        ),
        Row(
            "trusted-proxies: [10.0.0.0/33]",
            "martlet.yaml:1: trusted-proxies: expected the length of a prefix from 0 to 32 after the slash, "
                + #"found "10.0.0.0/33""#
        ),
    ]

    static let badOrigins: [Row] =
        [
            ("app.example", "expected \(origin), or \"*\" alone, found \"app.example\""),
            (
                "https://app.example/",
                "an origin ends with its host or port: expected https://app.example, found \"https://app.example/\""
            ),
            (
                "https://App.example/x",
                "an origin ends with its host or port: expected https://app.example, found \"https://App.example/x\""
            ),
            ("https://a:81?b", "an origin ends with its host or port: expected https://a:81, found \"https://a:81?b\""),
            ("'null'", "null is the origin of any sandboxed page, whoever wrote it"),
            ("https://*.example", #""*.example" is not a host name"#),
            (
                "https://bücher.example",
                #"write the host in ASCII, as browsers send it (xn--…); found "bücher.example""#
            ),
            ("http://a:65536", #"expected a port from 0 to 65535, found "65536""#),
        ].map { Row("cors: { origins: [\"\($0.replacing("'", with: ""))\"] }", "martlet.yaml:1: cors.origins: \($1)") }
        + [
            Row(
                "cors:\n  origins:\n    - https://a.example\n    - '*'",
                #"martlet.yaml:4: cors.origins: "*" is every origin already; leave it out, or all the others"#
            ),
            Row(
                "auth: { publish-origins: '*' }",
                #"martlet.yaml:1: auth.publish-origins: "*" would let any site publish with a visitor's cookie; "#
                    + "name the origins of your own pages"
            ),
            Row(
                "auth: { publish-origins: [a] }",
                "martlet.yaml:1: auth.publish-origins: expected \(origin), found \"a\""
            ),
        ]
}
