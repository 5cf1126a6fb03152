import Foundation
import Testing

@testable import MartletServer

@Suite("Keys for tokens")
struct TokenKeyTests {
    static let accepted: [(name: String, algorithm: TokenAlgorithm, pem: String)] = [
        ("PKCS #1, public", .rs256, TokenSamples.rsaPublicPKCS1),
        ("PKCS #1, private", .ps512, TokenSamples.rsaPrivatePKCS1),
        ("PKCS #8", .rs384, TokenSamples.rsaPrivate),
        ("a certificate that is out of date", .ps256, TokenSamples.rsaCertificate),
        ("SEC1", .es256, TokenSamples.p256PrivateSEC1),
        ("PKCS #8, P-256", .es256, TokenSamples.p256Private),
        ("a certificate, P-256", .es256, TokenSamples.p256Certificate),
        ("PKCS #8, P-384", .es384, TokenSamples.p384Private),
        ("PKCS #8, P-521", .es512, TokenSamples.p521Private),
        ("PKCS #8, Ed25519", .edDSA, TokenSamples.ed25519Private),
        ("Windows line ends", .es256, TokenSamples.p256Public.replacing("\n", with: "\r\n")),
        ("an indented block", .es256, TokenSamples.p256Public.replacing("\n", with: "\n    ") + "\n\n"),
        ("text before it", .es256, "subject=CN = issuer.test\n\n" + TokenSamples.p256Public),
        ("a chain", .rs256, TokenSamples.rsaCertificate + "\n" + TokenSamples.p256Certificate),
    ]

    @Test(arguments: Self.accepted)
    func `The public key is found in it`(_ name: String, _ algorithm: TokenAlgorithm, _ pem: String) async throws {
        let verifier = try await TokenVerifier(algorithm: algorithm, key: pem)
        #expect(try await verifier.verify(try #require(TokenSamples.tokens[algorithm])) == TokenSamples.claims)
    }

    @Test func `A curve before the key is passed over`() async throws {
        let key = TokenSamples.p256OpenSSL
        let token = try await TokenSigner.sign(TokenClaims(), algorithm: .es256, key: key)
        #expect(try await TokenVerifier(algorithm: .es256, key: key).verify(token) == TokenClaims())
    }

    static let refused: [(algorithm: TokenAlgorithm, key: String, message: String)] = [
        (.hs256, "", "The HS256 key is empty."),
        (.hs512, TokenSamples.rsaPublic, "HS512 takes a secret, and this key is a PEM file."),
        (.rs256, "", "RS256 takes a key in PEM, and there is none in this one."),
        (.es256, "secret", "ES256 takes a key in PEM, and there is none in this one."),
        (
            .es256, "-----BEGIN PUBLIC KEY-----\nAAAA\n",
            "ES256 takes a key in PEM, and there is none in this one."
        ),
        (
            .es256, "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
            "The PEM (public key) can't be read as an EC key on P-256, as ES256 takes."
        ),
        (.es256, TokenSamples.p384Public, "The PEM (public key) can't be read as an EC key on P-256, as ES256 takes."),
        (
            .es384, TokenSamples.p256Private,
            "The PEM (private key) can't be read as an EC key on P-384, as ES384 takes."
        ),
        (.es512, TokenSamples.rsaPublic, "The PEM (public key) can't be read as an EC key on P-521, as ES512 takes."),
        (
            .es384, TokenSamples.p256Certificate,
            "The PEM (certificate) can't be read as an EC key on P-384, as ES384 takes."
        ),
        (
            .rs256, TokenSamples.p256Public,
            "The PEM (public key) can't be read as an RSA key of 2048 bits or more, as RS256 takes."
        ),
        (
            .ps256, TokenSamples.rsaSmallPublic,
            "The PEM (public key) can't be read as an RSA key of 2048 bits or more, as PS256 takes."
        ),
        (.edDSA, TokenSamples.p256Public, "The PEM (public key) can't be read as an Ed25519 key, as EdDSA takes."),
        (.edDSA, TokenSamples.rsaCertificate, "EdDSA takes a public key in PEM, not a certificate."),
        (.edDSA, TokenSamples.ed25519Encrypted, "The key is encrypted. It must be a PEM file without a passphrase."),
    ]

    @Test(arguments: Self.refused)
    func `The operator is told what is wrong with it`(
        _ algorithm: TokenAlgorithm,
        _ key: String,
        _ message: String
    ) async throws {
        let error = await #expect(throws: TokenKeyError.self) {
            _ = try await TokenVerifier(algorithm: algorithm, key: key)
        }
        #expect(error?.message == message)
    }

    static let unsigned: [(claims: TokenClaims, algorithm: TokenAlgorithm, key: String, message: String)] = [
        (TokenClaims(), .rs256, TokenSamples.rsaPublic, "Signing takes a private key, and this is a public key."),
        (
            TokenClaims(), .es256, TokenSamples.p256Certificate,
            "Signing takes a private key, and this is a certificate."
        ),
        (TokenClaims(), .hs256, "", "The HS256 key is empty."),
        (TokenClaims(payload: "{"), .hs256, TokenSamples.secret, "The payload must be JSON. It ends too early."),
        (TokenClaims(payload: ""), .hs256, TokenSamples.secret, "The payload must be JSON. It ends too early."),
        (
            TokenClaims(payload: "yes"), .hs256, TokenSamples.secret,
            "The payload must be JSON. It is not JSON at byte 0."
        ),
        (
            TokenClaims(expires: Date(timeIntervalSince1970: .infinity)), .hs256, TokenSamples.secret,
            "A token's times must be finite."
        ),
        (
            TokenClaims(publish: [String(repeating: "a", count: 16_384)]), .hs256, TokenSamples.secret,
            "The token would be 21987 bytes long, and a hub takes 16384."
        ),
    ]

    @Test(arguments: Self.unsigned)
    func `What can't be signed is not`(
        _ claims: TokenClaims,
        _ algorithm: TokenAlgorithm,
        _ key: String,
        _ message: String
    ) async throws {
        let error = await #expect(throws: TokenKeyError.self) {
            _ = try await TokenSigner.sign(
                claims,
                algorithm: algorithm,
                key: key,
                issued: Date(timeIntervalSince1970: 1_700_000_000)
            )
        }
        #expect(error?.message == message)
    }

    @Test func `A token says what it was given and no more`() async throws {
        let token = try await TokenSigner.sign(
            TokenClaims(
                subscribe: ["a/b"],
                payload: " { \"n\" : 1.50 } ",
                expires: Date(timeIntervalSince1970: 1_800_000_000.5)
            ),
            algorithm: .hs256,
            key: TokenSamples.secret,
            keyID: "\"1\"",
            issued: Date(timeIntervalSince1970: 1_700_000_000)
        )
        let parts = token.split(separator: ".").map { part in
            Base64URL.decoded(part.utf8).map { String(decoding: $0, as: UTF8.self) }
        }
        #expect(parts[0] == #"{"alg":"HS256","typ":"JWT","kid":"\"1\""}"#)
        #expect(
            parts[1] == #"{"mercure":{"subscribe":["a/b"],"payload":{"n":1.50}},"iat":1700000000,"exp":1800000000.5}"#
        )
    }
}
