import Testing

@testable import MartletServer

/// No key shows up where people look.
@Suite struct ConfigurationSecretTests {
    private let configuration = Configuration(
        auth: Configuration.Auth(
            publish: .text(Secret("s3cret-one"), .hs256),
            subscribe: .text(Secret("s3cret-two"), .hs256)
        )
    )

    @Test func `a description or a dump of a configuration holds no key`() throws {
        var dumped = ""
        dump(configuration, to: &dumped)
        let loaded = try ConfigurationFolder("auth: { subscribe: { key: s3cret } }").load()
        dump(loaded, to: &dumped)
        dump(Secret("s3cret"), to: &dumped)
        let texts = [
            dumped, "\(configuration)", String(describing: configuration), String(reflecting: configuration),
            String(describing: configuration.auth), String(reflecting: configuration.auth.publish),
            String(describing: loaded), String(reflecting: loaded), "\(Secret("s3cret"))",
            String(reflecting: Secret("s3cret")), String(reflecting: ["s3cret-": Secret("s3cret")].values),
        ]
        for text in texts {
            #expect(text.contains("(secret)"))
            #expect(!text.contains("s3cret"))
        }
        #expect(Mirror(reflecting: Secret("s3cret")).children.isEmpty)
    }

    @Test(arguments: [
        "key: ['s3cret']", "key: { a: s3cret }", "key: 's3cret${'", "key: '${1s3cret}'", "key: '${s3-cret}'",
        "key: 's3cret${NOPE}'", "key: '-----BEGIN s3cret${SET}'", "algorithm: ES256, key: s3cret, jwks: x",
        "key: s3cret, key: s3cret", "key: !s3cret!", "key: !s3cret", "key: @s3cret", "key: *s3cret",
        "key: \"s3\\cret\"", "key: s3cret, nonsense: s3cret",
    ])
    func `a refusal holds no key`(_ yaml: String) throws {
        let folder = try ConfigurationFolder("auth: { subscribe: { \(yaml) } }")
        let refusal = folder.refusal(environment: ["SET": "s3cret"])
        #expect(refusal.contains("martlet.yaml:1: "))
        #expect(!refusal.contains("s3"))
    }

    @Test(arguments: [#""Authorization: Bearer s3cret${""#, #""s3cret: ${UNSET}""#, #""s3cret ${}""#, "s3cret"])
    func `nor does the refusal of a header in a list`(_ field: String) throws {
        for list in ["[\(field)]", field] {
            let source = "{ kind: http, url: \"http://127.0.0.1/\", topic: w, every: 1s, headers: \(list) }"
            let refusal = try ConfigurationFolder("sources: { w: \(source) }").refusal(environment: [:])
            #expect(refusal.contains("headers"))
            #expect(!refusal.contains("s3"))
        }
    }

    @Test func `a secret is still what it is`() {
        #expect(Secret("a") == Secret("a"))
        #expect(Secret("a") != Secret("b"))
        #expect(Secret("a").text == "a")
    }
}
