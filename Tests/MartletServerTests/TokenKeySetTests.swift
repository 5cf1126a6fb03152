import Foundation
import Testing

@testable import MartletServer

@Suite("Tokens verified with a key set", .timeLimit(.minutes(1)))
struct TokenKeySetTests {
    /// What the sample keys sign with, by `kid`.
    static let algorithms: [(kid: String, algorithm: TokenAlgorithm)] = [
        ("rsa", .rs256), ("p256", .es256), ("p384", .es384), ("p521", .es512), ("ed", .edDSA),
    ]

    static func jwk(_ kid: String) throws -> String {
        try #require(TokenSamples.jwks[kid])
    }

    /// The key with members before its own; those of its own that are named are left out.
    static func jwk(_ kid: String, adding members: String, without name: String? = nil) throws -> String {
        var text = try Self.jwk(kid)
        if let name {
            text = text.replacing(try Regex("\"\(name)\":\"[^\"]*\",?"), with: "").replacing(",}", with: "}")
        }
        return "{\(members)," + text.dropFirst()
    }

    static func token(_ algorithm: TokenAlgorithm, kid: String?) async throws -> String {
        try await TokenSigner.sign(
            TokenSamples.claims,
            algorithm: algorithm,
            key: TokenSamples.signingKey(algorithm),
            keyID: kid
        )
    }

    static func verifier(_ set: String, algorithm: TokenAlgorithm? = nil) -> TokenVerifier {
        TokenVerifier(algorithm: algorithm, fetch: { set })
    }

    @Test(arguments: Self.algorithms)
    func `Each kind of key verifies its tokens`(_ kid: String, _ algorithm: TokenAlgorithm) async throws {
        let set = TokenSamples.set(
            try Self.jwk("rsa"),
            try Self.jwk("p256"),
            try Self.jwk("p384"),
            try Self.jwk("p521"),
            try Self.jwk("ed")
        )
        let verifier = Self.verifier(set)
        #expect(try await verifier.verify(try await Self.token(algorithm, kid: kid)) == TokenSamples.claims)
        #expect(try await verifier.verify(try await Self.token(algorithm, kid: nil)) == TokenSamples.claims)
        let other = try #require(Self.algorithms.first { $0.kid != kid })
        let confused = try await Self.token(algorithm, kid: other.kid)
        #expect(await verifier.refusal(of: confused)?.code == .wrongAlgorithm)
    }

    @Test func `The key says what it is used with, not the token`() async throws {
        let stated = Self.verifier(TokenSamples.set(try Self.jwk("rsa", adding: #""alg":"PS384""#)))
        #expect(await stated.refusal(of: try await Self.token(.ps384, kid: "rsa")) == nil)
        #expect(await stated.refusal(of: try await Self.token(.rs256, kid: "rsa"))?.code == .wrongAlgorithm)
        let silent = Self.verifier(TokenSamples.set(try Self.jwk("rsa")))
        #expect(await silent.refusal(of: try await Self.token(.ps384, kid: "rsa"))?.code == .wrongAlgorithm)
        #expect(await silent.refusal(of: try await Self.token(.rs256, kid: "rsa")) == nil)
        let configured = Self.verifier(TokenSamples.set(try Self.jwk("rsa")), algorithm: .ps512)
        #expect(await configured.refusal(of: try await Self.token(.ps512, kid: "rsa")) == nil)
        #expect(await configured.refusal(of: try await Self.token(.rs256, kid: "rsa"))?.code == .wrongAlgorithm)
        let forged = try await TokenSamples.signed(
            header: #"{"alg":"HS256","kid":"rsa"}"#,
            "{}".utf8,
            secret: try Self.jwk("rsa")
        )
        #expect(await silent.refusal(of: forged)?.code == .wrongAlgorithm)
    }

    @Test func `Only keys for the configured algorithm count`() async throws {
        let stated = try Self.jwk("rsa", adding: #""alg":"PS384""#)
        let alone = Self.verifier(TokenSamples.set(stated), algorithm: .rs256)
        let error = await #expect(throws: TokenKeyError.self) { try await alone.refresh() }
        #expect(error?.message == "The key set has no key to verify RS256 tokens with.")
        let mixed = Self.verifier(TokenSamples.set(stated, try Self.jwk("ed"), try Self.jwk("p256")), algorithm: .es256)
        #expect(await mixed.refusal(of: try await Self.token(.ps384, kid: "rsa"))?.code == .wrongAlgorithm)
        #expect(await mixed.refusal(of: try await Self.token(.es256, kid: "ed"))?.code == .unknownKey)
        #expect(await mixed.refusal(of: try await Self.token(.es256, kid: "p256")) == nil)
    }

    @Test func `A token without kid needs a set with one key for it`() async throws {
        let other = try Self.jwk("p256", adding: #""kid":"other""#, without: "kid")
        let nameless = try Self.jwk("rsa", adding: #""use":"sig""#, without: "kid")
        let verifier = Self.verifier(TokenSamples.set(try Self.jwk("p256"), other, nameless))
        #expect(await verifier.refusal(of: try await Self.token(.es256, kid: nil))?.code == .unknownKey)
        #expect(await verifier.refusal(of: try await Self.token(.es256, kid: "other")) == nil)
        #expect(await verifier.refusal(of: try await Self.token(.rs256, kid: nil)) == nil)
        #expect(await verifier.refusal(of: try await Self.token(.rs256, kid: "rsa"))?.code == .unknownKey)
        #expect(await verifier.refusal(of: try await Self.token(.edDSA, kid: nil))?.code == .wrongAlgorithm)
    }

    @Test func `A kid is a name and nothing else`() async throws {
        let verifier = Self.verifier(TokenSamples.set(try Self.jwk("p256", adding: #""kid":"é""#, without: "kid")))
        #expect(await verifier.refusal(of: try await Self.token(.es256, kid: "é")) == nil)
        for kid in ["", "../p256", "/dev/null", "' OR 1=1", "é\0", "e\u{301}", "https://evil.test/jwks"] {
            #expect(await verifier.refusal(of: try await Self.token(.es256, kid: kid))?.code == .unknownKey)
        }
    }

    @Test func `Keys that are of no use are passed over`() async throws {
        let useless = [
            "1", "null", "[]", "{}", #"{"kty":"EC"}"#, #"{"kty":"new","kid":"p256"}"#, #"{"kty":7}"#,
            #"{"kty":"oct","alg":"HS256","kid":"p256","k":"c2VjcmV0"}"#,
            #"{"kty":"EC","crv":"secp256k1","x":"AA","y":"AA","kid":"p256"}"#,
            #"{"kty":"EC","crv":"P-256","x":"AA","y":"AA","kid":"p256"}"#,
            #"{"kty":"OKP","crv":"X25519","x":"AAAA","kid":"p256"}"#,
            #"{"kty":"RSA","n":"AQAB","e":"AQAB","kid":"p256"}"#,
            #"{"kty":"RSA","n":"","e":"","kid":"p256"}"#,
            try Self.jwk("p256", adding: #""use":"enc""#),
            try Self.jwk("p256", adding: #""key_ops":["deriveKey"]"#),
            try Self.jwk("p256", adding: #""alg":"ECDH-ES""#),
            try Self.jwk("p256", adding: #""alg":"RS256""#),
            try Self.jwk("p256", adding: #""alg":7"#),
        ]
        for jwk in useless {
            let alone = Self.verifier(TokenSamples.set(jwk))
            let error = await #expect(throws: TokenKeyError.self) { try await alone.refresh() }
            #expect(error?.message.hasPrefix("The key set has no key to verify tokens with.") == true)
            let verifier = Self.verifier(TokenSamples.set(jwk, try Self.jwk("p256", adding: #""use":"sig""#)))
            #expect(await verifier.refusal(of: try await Self.token(.es256, kid: "p256")) == nil, "\(jwk)")
        }
    }

    @Test func `A set that is none is an error`() async throws {
        let nested = String(repeating: "[", count: 100_000)
        for set in ["", "rubbish", "[]", "{}", #"{"keys":{}}"#, #"{"keys":[]}"#, try Self.jwk("p256"), nested] {
            let verifier = Self.verifier(set)
            await #expect(throws: TokenKeyError.self) { try await verifier.refresh() }
            // An empty one says that no key is to be believed.
            let code = set == #"{"keys":[]}"# ? TokenError.Code.unknownKey : .unavailable
            #expect(await verifier.refusal(of: try await Self.token(.es256, kid: nil))?.code == code)
        }
        let symmetric = Self.verifier(#"{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}"#, algorithm: .hs256)
        let error = await #expect(throws: TokenKeyError.self) { try await symmetric.refresh() }
        #expect(error?.message.contains("symmetric") == true)
    }
}
