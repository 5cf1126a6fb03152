import Testing

@testable import MartletServer

/// Who may what: keys, TLS, and the rules between them.
@Suite struct ConfigurationAuthTests {
    typealias Auth = Configuration.Auth
    typealias Row = ConfigurationRefusalTests.Row

    @Test func `the design's example is read`() throws {
        let folder = try ConfigurationFolder(
            """
            listen: 0.0.0.0:8080
            tls: { certificate: cert.pem, key: key.pem }
            auth:
              publish:   { algorithm: HS256, key: "${PUBLISHER_KEY}" }
              subscribe: { algorithm: HS256, key: "${SUBSCRIBER_KEY}" }
              anonymous: true
            subscriptions: true
            cors: { origins: ["https://app.example"] }
            """
        )
        let loaded = try folder.load(environment: ["PUBLISHER_KEY": "one", "SUBSCRIBER_KEY": "two"])
        let expected = Configuration(
            listen: BindAddress(host: "0.0.0.0", port: 8080),
            tls: Configuration.TLS(certificate: "\(folder.path)/cert.pem", key: "\(folder.path)/key.pem"),
            auth: Auth(
                publish: .text(Secret("one"), .hs256),
                subscribe: .text(Secret("two"), .hs256),
                anonymous: true
            ),
            subscriptions: true,
            cors: Configuration.CORS(origins: ["https://app.example"]),
            streams: Configuration.Streams(perAddress: 1000)
        )
        #expect(loaded.configuration == expected)
        #expect(loaded.warnings == [])
    }

    @Test(
        arguments: [
            ("{ key: k }", .text(Secret("k"), .hs256)),
            ("{ algorithm: HS512, key: ' k ' }", .text(Secret(" k "), .hs512)),
            (
                "{ algorithm: EdDSA, key: '-----BEGIN PUBLIC KEY-----' }",
                .text(Secret("-----BEGIN PUBLIC KEY-----"), .edDSA)
            ),
            ("{ key-file: /k }", .file(path: "/k", .hs256)),
            ("{ algorithm: ES256, key-file: /k.pem }", .file(path: "/k.pem", .es256)),
            ("{ jwks: 'https://id.example/jwks?a=b' }", .jwks(.url("https://id.example/jwks?a=b"), nil)),
            ("{ jwks: 'HTTPS://id.example', algorithm: RS256 }", .jwks(.url("HTTPS://id.example"), .rs256)),
            ("{ jwks: 'http://localhost:81/jwks' }", .jwks(.url("http://localhost:81/jwks"), nil)),
            ("{ jwks: 'http://[::1]/' }", .jwks(.url("http://[::1]/"), nil)),
            ("{ jwks: /jwks.json }", .jwks(.file(path: "/jwks.json"), nil)),
        ] as [(String, Auth.Key)]
    )
    func `a key is a text, a file or a set`(_ yaml: String, _ expected: Auth.Key) throws {
        let auth = try ConfigurationFolder("auth: { subscribe: \(yaml) }").load().configuration.auth
        #expect(auth == Auth(subscribe: expected, anonymous: false))
    }

    @Test func `paths start where other paths do`() throws {
        let folder = try ConfigurationFolder(
            """
            tls: { certificate: a.pem, key: b.pem }
            auth: { publish: { key-file: c }, subscribe: { jwks: d } }
            """
        )
        let configuration = try folder.load(environment: ["MARTLET_TLS_KEY": "e.pem"]).configuration
        #expect(configuration.tls == Configuration.TLS(certificate: "\(folder.path)/a.pem", key: "e.pem"))
        #expect(configuration.auth.publish == .file(path: "\(folder.path)/c", .hs256))
        #expect(configuration.auth.subscribe == .jwks(.file(path: "\(folder.path)/d"), nil))
    }

    @Test func `all of it can be given beside the file`() throws {
        let loaded = try ConfigurationFolder("").load(
            environment: [
                "MARTLET_AUTH_PUBLISH_KEY": "${k}", "MARTLET_AUTH_SUBSCRIBE_KEY_FILE": "k",
                "MARTLET_AUTH_SUBSCRIBE_ALGORITHM": "PS256", "MARTLET_TLS_CERTIFICATE": "c", "MARTLET_TLS_KEY": "d",
                "MARTLET_STREAMS_PER_ADDRESS": "unlimited", "MARTLET_LISTEN": "0.0.0.0:1",
            ],
            flags: [
                Configuration.Flag(name: "--set", keyPath: "auth.anonymous", value: "true"),
                Configuration.Flag(name: "--set", keyPath: "subscriptions", value: "true"),
                Configuration.Flag(name: "--set", keyPath: "limits.publish-rate", value: "5"),
            ]
        )
        let expected = Configuration(
            listen: BindAddress(host: "0.0.0.0", port: 1),
            tls: Configuration.TLS(certificate: "c", key: "d"),
            auth: Auth(publish: .text(Secret("${k}"), .hs256), subscribe: .file(path: "k", .ps256), anonymous: true),
            subscriptions: true,
            limits: Configuration.Limits(publishRate: 5)
        )
        #expect(loaded.configuration == expected)
        #expect(loaded.warnings == [])
    }

    @Test(arguments: [
        ("", true), ("auth:", true), ("auth: { publish: , subscribe: }", true), ("auth: { anonymous: true }", true),
        ("auth: { subscribe: { key: k } }", false), ("auth: { subscribe: { key: k }, anonymous: true }", true),
        ("auth: { publish: { key: k }, subscribe: { key: k } }", false),
        ("auth: { publish: { key: k }, anonymous: true }", true),
    ])
    func `without a key everybody may subscribe, with one only if said so`(_ yaml: String, _ expected: Bool) throws {
        #expect(try ConfigurationFolder(yaml).load().configuration.auth.anonymous == expected)
    }

    @Test(arguments: [
        ("", nil), ("listen: 0.0.0.0:1", 1000), ("listen: 0.0.0.0:1\nstreams: { per-address: unlimited }", nil),
        ("streams: { per-address: 7 }", 7),
    ])
    func `streams per address are bounded by default where addresses are clients`(
        _ yaml: String,
        _ expected: Int?
    ) throws {
        let folder = try ConfigurationFolder("\(yaml)\nauth: { subscribe: { key: k } }")
        #expect(try folder.load().configuration.streams.perAddress == expected)
    }

    @Test(arguments: ["publish: { key: k }, anonymous: true", "subscribe: { key: k }"])
    func `others may reach a hub with a key, and without TLS that is remarked on`(_ auth: String) throws {
        let folder = try ConfigurationFolder("\nlisten: 0.0.0.0:1\nauth: { \(auth) }")
        let loaded = try folder.load(environment: ["MARTLET_X": "1"])
        #expect(
            loaded.warnings == [
                "\(folder.file):2: listen: 0.0.0.0:1 is not a loopback address, and there is no tls: "
                    + "tokens travel in the clear unless a proxy in front speaks TLS",
                "MARTLET_X is not a setting and is ignored",
            ]
        )
    }

    @Test(arguments: tls + keys + sets + rules)
    func `what can't be meant is named with its line, its key and what is expected`(_ row: Row) throws {
        #expect(try ConfigurationFolder(row.yaml).refusal(environment: ["EMPTY": ""]) == row.expected)
    }

    @Test func `what is missing beside the file is named where the rest is`() throws {
        let folder = try ConfigurationFolder("")
        #expect(
            folder.refusal(environment: ["MARTLET_TLS_KEY": "k", "MARTLET_AUTH_PUBLISH_ALGORITHM": "ES256"]) == """
                MARTLET_TLS_KEY: tls.certificate: required: the path of a file
                MARTLET_AUTH_PUBLISH_ALGORITHM: auth.publish: required: one of key, key-file, jwks
                MARTLET_AUTH_PUBLISH_ALGORITHM: auth.publish: \(Self.nobody)
                """
        )
        let flag = Configuration.Flag(name: "--set", keyPath: "auth.subscribe.key", value: "")
        #expect(
            folder.refusal(flags: [flag])
                == "--set: auth.subscribe.key: the key is empty, so anybody could sign with it"
        )
    }
}

extension ConfigurationAuthTests {
    static let nobody =
        "nobody could subscribe: there is no auth.subscribe, and auth.anonymous is not true; "
        + "add the key of subscribers, or set auth.anonymous to true"

    static let tls: [Row] = [
        Row("tls: { certificate: c }", "martlet.yaml:1: tls.key: required: the path of a file"),
        Row("tls: { key: k }", "martlet.yaml:1: tls.certificate: required: the path of a file"),
        Row(
            "\ntls: {}",
            """
            martlet.yaml:2: tls.certificate: required: the path of a file
            martlet.yaml:2: tls.key: required: the path of a file
            """
        ),
        Row(
            "tls: { certificate: '', key: k }",
            "martlet.yaml:1: tls.certificate: expected the path of a file, found nothing"
        ),
        Row("tls: on", #"martlet.yaml:1: tls: expected a mapping with the keys certificate, key, found "on""#),
    ]

    static let keys: [Row] = [
        Row("auth:\n  subscribe: {}", "martlet.yaml:2: auth.subscribe: required: one of key, key-file, jwks"),
        Row(
            "auth: { subscribe: { key: k, jwks: j } }",
            "martlet.yaml:1: auth.subscribe.jwks: key and jwks exclude each other; give one of them"
        ),
        Row(
            "auth:\n  subscribe:\n    jwks: j\n    key-file: f\n    key: k",
            "martlet.yaml:3: auth.subscribe.jwks: key and key-file and jwks exclude each other; give one of them"
        ),
        Row(
            #"auth: { subscribe: { key: "${EMPTY}" } }"#,
            #"martlet.yaml:1: auth.subscribe.key: the key is empty, so anybody could sign with it (written "${EMPTY}")"#
        ),
        Row(
            "auth: { subscribe: { key: '' } }",
            "martlet.yaml:1: auth.subscribe.key: the key is empty, so anybody could sign with it"
        ),
        Row(
            "auth: { subscribe: { key: } }",
            "martlet.yaml:1: auth.subscribe.key: expected a key as text, found nothing"
        ),
        Row(
            #"auth: { subscribe: { key: "${NOPE}" } }"#,
            "martlet.yaml:1: auth.subscribe.key: the variable NOPE is not set in the environment"
        ),
        Row(
            "auth: { subscribe: { algorithm: none, key: k } }",
            "martlet.yaml:1: auth.subscribe.algorithm: expected one of HS256, HS384, HS512, RS256, RS384, RS512, PS256, "
                + #"PS384, PS512, ES256, ES384, ES512, EdDSA, found "none""#
        ),
        Row(
            "auth: { subscribe: { key: '-----BEGIN PUBLIC KEY-----' } }",
            "martlet.yaml:1: auth.subscribe.key: a key in PEM is no shared secret, which HS256 takes it for: "
                + "who knows the public key could sign; set algorithm to RS256, ES256, EdDSA or the like"
        ),
        Row(
            "auth: { subscribe: { kye: k } }",
            """
            martlet.yaml:1: auth.subscribe: required: one of key, key-file, jwks
            martlet.yaml:1: auth.subscribe.kye: unknown key; did you mean key? \
            (the keys here are algorithm, key, key-file, jwks)
            """
        ),
        Row(
            "auth: { subscribe: s3cret }",
            "martlet.yaml:1: auth.subscribe: expected a mapping with the keys algorithm, key, key-file, jwks, found a text"
        ),
        Row(
            "auth: s3cret",
            "martlet.yaml:1: auth: expected a mapping with the keys publish, subscribe, anonymous, publish-origins, "
                + "found a text"
        ),
    ]

    static let location = "expected an https:// URL or the path of a file"

    static let sets: [Row] =
        [
            ("''", "\(location), found nothing"),
            ("'https://'", "\(location); this is neither"),
            ("'https:// a?s3cret'", #"" a" is not a host name"#),
            ("'https://a/ b?s3cret'", "\(location); this is neither"),
            ("'https://u:s3cret@a/'", "a name or a password before the host is not taken"),
            ("'https://a:x/'", #"expected a port from 0 to 65535, found "x""#),
            ("'ftp://a/s3cret'", "\(location), found \"ftp://a\""),
            (
                "'http://A.example:80/s3cret'",
                "\(location), found \"http://a.example\"; over http:// others could put their keys in its place"
            ),
            (
                "'http://localhost.example/'",
                "\(location), found \"http://localhost.example\"; over http:// others could put their keys in its place"
            ),
        ].map { Row("auth: { subscribe: { jwks: \($0) } }", "martlet.yaml:1: auth.subscribe.jwks: \($1)") } + [
            Row(
                "auth: { subscribe: { jwks: j, algorithm: HS384 } }",
                "martlet.yaml:1: auth.subscribe.algorithm: HS384 takes a shared secret, but the keys of a JWKS are public; "
                    + "leave algorithm out, or set RS256, ES256, EdDSA or the like"
            )
        ]

    static let rules: [Row] = [
        Row(
            "auth: { anonymous: false }",
            "martlet.yaml:1: auth.anonymous: nobody could subscribe: anonymous is false, and there is no key to check a "
                + "token with; add auth.subscribe, or leave anonymous out"
        ),
        Row("auth: { anonymous: no }", #"martlet.yaml:1: auth.anonymous: expected true or false, found "no""#),
        Row("auth:\n  publish: { key: k }", "martlet.yaml:2: auth.publish: \(nobody)"),
        Row("auth:\n  anonymous: false\n  publish: { key: k }", "martlet.yaml:3: auth.publish: \(nobody)"),
        Row(
            "\nsubscriptions: true",
            "martlet.yaml:2: subscriptions: nobody could be granted them without a token; set auth.subscribe too"
        ),
        Row(
            "subscriptions: true\nauth: { publish: { key: k }, anonymous: true }",
            "martlet.yaml:1: subscriptions: nobody could be granted them without a token; set auth.subscribe too"
        ),
        // What is wrong with a key is told alone, and not that there is none.
        Row(
            "listen: 0.0.0.0:1\nsubscriptions: true\nauth: { subscribe: { key: '' }, publish: { key: k } }",
            "martlet.yaml:3: auth.subscribe.key: the key is empty, so anybody could sign with it"
        ),
        Row(
            "listen: 0.0.0.0:1\nauth: { anonymous: true }",
            "martlet.yaml:1: listen: 0.0.0.0:1 \(ConfigurationRefusalTests.open)"
        ),
        Row(
            "admin: 0.0.0.0:1\nauth: { subscribe: { key: k } }",
            "martlet.yaml:1: admin: 0.0.0.0:1 \(ConfigurationRefusalTests.openAdmin)"
        ),
    ]
}
