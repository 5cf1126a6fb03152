import Foundation
import Testing

@testable import MartletServer

@Suite("Tokens verified with one key")
struct TokenVerifierTests {
    @Test(arguments: TokenAlgorithm.allCases)
    func `A token that was signed here is verified here`(_ algorithm: TokenAlgorithm) async throws {
        let token = try await TokenSigner.sign(
            TokenSamples.claims,
            algorithm: algorithm,
            key: TokenSamples.signingKey(algorithm),
            keyID: "any"
        )
        let verifier = try await TokenVerifier(algorithm: algorithm, key: TokenSamples.verifyingKey(algorithm))
        #expect(try await verifier.verify(token) == TokenSamples.claims)
        #expect(verifier.weakness == nil)
    }

    @Test(arguments: TokenAlgorithm.allCases)
    func `A token that another implementation signed is verified`(_ algorithm: TokenAlgorithm) async throws {
        let token = try #require(TokenSamples.tokens[algorithm])
        let verifier = try await TokenVerifier(algorithm: algorithm, key: TokenSamples.verifyingKey(algorithm))
        #expect(try await verifier.verify(token) == TokenSamples.claims)
    }

    @Test(arguments: TokenAlgorithm.allCases)
    func `No other algorithm's token is taken`(_ algorithm: TokenAlgorithm) async throws {
        let verifier = try await TokenVerifier(algorithm: algorithm, key: TokenSamples.verifyingKey(algorithm))
        for (other, token) in TokenSamples.tokens where other != algorithm {
            #expect(await verifier.refusal(of: token)?.code == .wrongAlgorithm, "\(other)")
        }
    }

    @Test(arguments: TokenAlgorithm.allCases)
    func `A flipped bit anywhere in the signature is seen`(_ algorithm: TokenAlgorithm) async throws {
        let token = try #require(TokenSamples.tokens[algorithm])
        let verifier = try await TokenVerifier(algorithm: algorithm, key: TokenSamples.verifyingKey(algorithm))
        let dot = try #require(token.lastIndex(of: "."))
        let signature = try #require(Base64URL.decoded(token[token.index(after: dot)...].utf8))
        for index in stride(from: 0, to: signature.count, by: 7) {
            var forged = signature
            forged[index] ^= 1 << UInt8(index % 8)
            let refusal = await verifier.refusal(of: token[...dot] + Base64URL.encoded(forged))
            #expect(refusal?.code == .badSignature)
        }
        for length in [1, signature.count - 1] {
            let refusal = await verifier.refusal(of: token[...dot] + Base64URL.encoded(signature.prefix(length)))
            #expect(refusal?.code == .badSignature)
        }
        #expect(await verifier.refusal(of: token[...dot] + Base64URL.encoded(signature + [0]))?.code == .badSignature)
    }

    @Test func `A token ends at its exp and begins at its nbf, by the clock it is given`() async throws {
        let clock = TokenClock()
        let start = clock.now.timeIntervalSince1970
        let verifier = try await TokenVerifier(
            algorithm: .hs256,
            key: TokenSamples.secret,
            now: { clock.now }
        )
        let token = try await TokenSamples.signed(#"{"nbf":\#(start + 10),"exp":\#(start + 20.5)}"#.utf8)
        #expect(await verifier.refusal(of: token)?.code == .notYetValid)
        clock.advance(by: 10)
        #expect(await verifier.refusal(of: token) == nil)
        clock.advance(by: 10.25)
        #expect(await verifier.refusal(of: token) == nil)
        clock.advance(by: 0.25)
        #expect(await verifier.refusal(of: token)?.code == .expired)
    }

    @Test func `A short secret works and is warned of`() async throws {
        let sizes: [(TokenAlgorithm, Int)] = [(.hs256, 32), (.hs384, 48), (.hs512, 64)]
        for (algorithm, size) in sizes {
            for length in [1, size - 1, size, size + 200] {
                let secret = String(repeating: "k", count: length)
                let verifier = try await TokenVerifier(algorithm: algorithm, key: secret)
                #expect((verifier.weakness != nil) == (length < size))
                let token = try await TokenSigner.sign(TokenClaims(), algorithm: algorithm, key: secret)
                #expect(try await verifier.verify(token) == TokenClaims())
            }
        }
        let verifier = try await TokenVerifier(algorithm: .hs256, key: "secret")
        #expect(verifier.weakness?.contains("has 6 bytes. It should have 32 or more") == true)
    }

    @Test func `A short secret signs what others sign with it`() async throws {
        // From jwt.io's first example, whose secret has 19 bytes.
        let token = """
            eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.\
            eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.\
            SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c
            """
        let verifier = try await TokenVerifier(algorithm: .hs256, key: "your-256-bit-secret")
        #expect(try await verifier.verify(token) == TokenClaims())
    }

    @Test func `Other members of the header change nothing`() async throws {
        let verifier = try await TokenVerifier(algorithm: .hs256, key: TokenSamples.secret)
        let header = """
            {"typ":"secevent+jwt","cty":"x","alg":"HS256","kid":"../../../dev/null","jku":"https://evil.test/jwks",\
            "x5u":"https://evil.test/cert","x5c":["AAAA"],"jwk":{"kty":"oct","k":"AAAA"},"b64":false,"n":1e300}
            """
        #expect(await verifier.refusal(of: try await TokenSamples.signed(header: header, "{}".utf8)) == nil)
    }
}
