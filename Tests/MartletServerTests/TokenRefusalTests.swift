import Foundation
import JWTKit
import Testing

@testable import MartletServer

/// A token that must be refused, and how.
struct HostileToken: Sendable, CustomTestStringConvertible {
    let name: String
    let code: TokenError.Code
    let make: @Sendable () async throws -> String

    var testDescription: String { self.name }

    /// Bytes as they are.
    init(_ name: String, _ code: TokenError.Code, token: String) {
        self.name = name
        self.code = code
        self.make = { token }
    }

    /// Signed well, so that what is refused is what it says.
    init(_ code: TokenError.Code, header: String = #"{"alg":"HS256"}"#, claims: String = "{}", name: String? = nil) {
        self.name = name ?? "\(header) \(claims)"
        self.code = code
        self.make = { try await TokenSamples.signed(header: header, claims.utf8) }
    }

    init(_ name: String, _ code: TokenError.Code, make: @escaping @Sendable () async throws -> String) {
        self.name = name
        self.code = code
        self.make = make
    }
}

@Suite("Hostile tokens")
struct TokenRefusalTests {
    static let header = Base64URL.encoded(#"{"alg":"HS256"}"#.utf8)
    static let claims = Base64URL.encoded(#"{"mercure":{"publish":["*"]}}"#.utf8)
    static let signature = Base64URL.encoded([UInt8](repeating: 7, count: 32))

    static func unsigned(_ header: String) -> String {
        "\(Base64URL.encoded(header.utf8)).\(Self.claims).\(Self.signature)"
    }

    /// What is wrong before anybody looks at the signature.
    static let shapes: [HostileToken] = [
        HostileToken("nothing", .malformed, token: ""),
        HostileToken("a space", .malformed, token: " "),
        HostileToken("one part", .malformed, token: Self.header),
        HostileToken("two parts", .malformed, token: "\(Self.header).\(Self.claims)"),
        HostileToken(
            "four parts",
            .malformed,
            token: "\(Self.header).\(Self.claims).\(Self.signature).\(Self.signature)"
        ),
        HostileToken("five parts, encrypted", .malformed, token: "a.b.c.d.e"),
        HostileToken("dots", .malformed, token: ".."),
        HostileToken("100 dots", .malformed, token: String(repeating: ".", count: 100)),
        HostileToken("no header", .malformed, token: ".\(Self.claims).\(Self.signature)"),
        HostileToken("no claims", .malformed, token: "\(Self.header)..\(Self.signature)"),
        HostileToken("no signature", .malformed, token: "\(Self.header).\(Self.claims)."),
        HostileToken("a dot more", .malformed, token: "\(Self.header).\(Self.claims).\(Self.signature)."),
        HostileToken("padding", .malformed, token: "\(Self.header).\(Self.claims).\(Self.signature)="),
        HostileToken("plain base64", .malformed, token: "\(Self.header).\(Self.claims).+/+/"),
        HostileToken("one character too many", .malformed, token: "\(Self.header).\(Self.claims).AAAAA"),
        HostileToken("bits left over", .malformed, token: "\(Self.header).\(Self.claims).AB"),
        HostileToken("a line break", .malformed, token: "\(Self.header).\(Self.claims).\(Self.signature)\n"),
        HostileToken("a space before", .malformed, token: " \(Self.header).\(Self.claims).\(Self.signature)"),
        HostileToken("NUL", .malformed, token: "\(Self.header).\(Self.claims).AA\0A"),
        HostileToken("a dot of another script", .malformed, token: "\(Self.header)。\(Self.claims)。\(Self.signature)"),
        HostileToken("the prefix of the header field", .malformed, token: "Bearer \(Self.header).\(Self.claims).AAAA"),
        HostileToken("JSON form", .malformed, token: #"{"payload":"e30","signatures":[]}"#),
        HostileToken("17 KiB", .malformed, token: "\(Self.header).\(String(repeating: "A", count: 17_408)).AAAA"),
        HostileToken("10 MB", .malformed, token: String(repeating: "A", count: 10_000_000)),
        HostileToken("a header of rubbish", .malformed, token: Self.unsigned("rubbish")),
        HostileToken("a header that is an array", .malformed, token: Self.unsigned(#"["alg","HS256"]"#)),
        HostileToken("a header that is a string", .malformed, token: Self.unsigned(#""HS256""#)),
        HostileToken("an empty header", .malformed, token: Self.unsigned("{}")),
        HostileToken("alg null", .malformed, token: Self.unsigned(#"{"alg":null}"#)),
        HostileToken("alg a number", .malformed, token: Self.unsigned(#"{"alg":256}"#)),
        HostileToken("alg an array", .malformed, token: Self.unsigned(#"{"alg":["HS256"]}"#)),
        HostileToken("alg twice", .malformed, token: Self.unsigned(#"{"alg":"none","alg":"HS256"}"#)),
        HostileToken("alg twice, escaped", .malformed, token: Self.unsigned(#"{"alg":"none","\u0061lg":"HS256"}"#)),
        HostileToken("kid a number", .malformed, token: Self.unsigned(#"{"alg":"HS256","kid":1}"#)),
        HostileToken("crit", .malformed, token: Self.unsigned(#"{"alg":"HS256","crit":["b64"],"b64":false}"#)),
        HostileToken("crit empty", .malformed, token: Self.unsigned(#"{"alg":"HS256","crit":[]}"#)),
        HostileToken("crit null", .malformed, token: Self.unsigned(#"{"alg":"HS256","crit":null}"#)),
        HostileToken("a byte order mark", .malformed, token: Self.unsigned("\u{FEFF}{\"alg\":\"HS256\"}")),
        HostileToken(
            "6,000 brackets in the header",
            .malformed,
            token: Self.unsigned(String(repeating: "[", count: 6000))
        ),
        HostileToken("none", .wrongAlgorithm, token: Self.unsigned(#"{"alg":"none"}"#)),
        HostileToken("None", .wrongAlgorithm, token: Self.unsigned(#"{"alg":"None"}"#)),
        HostileToken("NONE", .wrongAlgorithm, token: Self.unsigned(#"{"alg":"NONE"}"#)),
        HostileToken("nOnE", .wrongAlgorithm, token: Self.unsigned(#"{"alg":"nOnE"}"#)),
        HostileToken("none, escaped", .wrongAlgorithm, token: Self.unsigned(#"{"alg":"n\u006fne"}"#)),
        HostileToken("none, unsigned", .malformed, token: "eyJhbGciOiJub25lIn0.\(Self.claims)."),
        HostileToken("alg empty", .wrongAlgorithm, token: Self.unsigned(#"{"alg":""}"#)),
        HostileToken("alg in lower case", .wrongAlgorithm, token: Self.unsigned(#"{"alg":"hs256"}"#)),
        HostileToken("alg with a space", .wrongAlgorithm, token: Self.unsigned(#"{"alg":"HS256 "}"#)),
        HostileToken("another hash", .wrongAlgorithm, token: Self.unsigned(#"{"alg":"HS512"}"#)),
        HostileToken("another family", .wrongAlgorithm, token: Self.unsigned(#"{"alg":"RS256"}"#)),
        HostileToken("an algorithm nobody knows", .wrongAlgorithm, token: Self.unsigned(#"{"alg":"ES256K"}"#)),
        HostileToken("a signature of rubbish", .badSignature, token: Self.unsigned(#"{"alg":"HS256"}"#)),
        HostileToken("a signature of one byte", .badSignature, token: "\(Self.header).\(Self.claims).AA"),
        HostileToken("another secret", .badSignature) { try await TokenSamples.signed("{}".utf8, secret: "guess") },
        HostileToken("a flipped bit in the header", .malformed) { try await Self.flipped(part: 0) },
        HostileToken("a flipped bit in the claims", .badSignature) { try await Self.flipped(part: 1) },
        HostileToken("a flipped bit in the signature", .badSignature) { try await Self.flipped(part: 2) },
    ]

    /// What is wrong in what the issuer signed.
    static let claimsSets: [HostileToken] = [
        HostileToken(.malformed, claims: "rubbish"),
        HostileToken(.malformed, claims: "[]"),
        HostileToken(.malformed, claims: "\"{}\""),
        HostileToken(.malformed, claims: "{} {}"),
        HostileToken(.malformed, claims: "{\"exp\":1,}"),
        HostileToken(.malformed, claims: "{'exp':1}"),
        HostileToken(.malformed, claims: "{\"exp\":NaN}"),
        HostileToken(.malformed, claims: "{\"exp\":Infinity}"),
        HostileToken(.malformed, claims: "{\"exp\":-}"),
        HostileToken(.malformed, claims: "{\"exp\":+1}"),
        HostileToken(.malformed, claims: "{\"exp\":01}"),
        HostileToken(.malformed, claims: "{\"exp\":0x7fffffffff}"),
        HostileToken(.malformed, claims: "{\"exp\":.5}"),
        HostileToken(.malformed, claims: "{\"exp\":5.}"),
        HostileToken(.malformed, claims: #"{"exp":4102444800,"exp":1}"#),
        HostileToken(.malformed, claims: #"{"mercure":{},"mercure":{"publish":["*"]}}"#),
        HostileToken(.malformed, claims: #"{"mercure":{"publish":[],"publish":["*"]}}"#),
        HostileToken(.malformed, claims: #"{"mercure":{"publish":["\ud800"]}}"#),
        HostileToken(.malformed, claims: #"{"mercure":{"publish":["\udc00\ud800"]}}"#),
        HostileToken(.malformed, claims: #"{"mercure":{"publish":["\uZZZZ"]}}"#),
        HostileToken(.malformed, claims: #"{"mercure":{"publish":["\x"]}}"#),
        HostileToken(.malformed, claims: "{\"mercure\":{\"publish\":[\"a\nb\"]}}"),
        HostileToken("claims that are not UTF-8", .malformed) {
            try await TokenSamples.signed(Array("{\"a\":\"".utf8) + [0xFF, 0xC0, 0x80] + Array("\"}".utf8))
        },
        HostileToken("claims with a surrogate as UTF-8", .malformed) {
            try await TokenSamples.signed(Array("{\"a\":\"".utf8) + [0xED, 0xA0, 0x80] + Array("\"}".utf8))
        },
        HostileToken(.malformed, claims: Self.nested(5000), name: "5,000 brackets"),
        HostileToken(.malformed, claims: Self.nested(100_000), name: "100,000 brackets"),
        HostileToken(.malformed, claims: Self.nested(64), name: "one level too deep"),
        HostileToken(.malformed, claims: String(repeating: "{\"a\":", count: 2000), name: "2,000 objects"),
        HostileToken(.expired, claims: #"{"exp":1}"#),
        HostileToken(.expired, claims: #"{"exp":1799999999.999}"#),
        HostileToken(.expired, claims: #"{"exp":1800000000}"#),
        HostileToken(.expired, claims: #"{"exp":18e8}"#),
        HostileToken(.expired, claims: #"{"exp":-1}"#),
        HostileToken(.expired, claims: #"{"exp":-0}"#),
        HostileToken(.expired, claims: #"{"exp":-1e300}"#),
        HostileToken(.expired, claims: #"{"exp":1e-400}"#),
        HostileToken(.badClaim, claims: #"{"exp":1e400}"#),
        HostileToken(.badClaim, claims: #"{"exp":-1e400}"#),
        HostileToken(.badClaim, claims: #"{"exp":"4102444800"}"#),
        HostileToken(.badClaim, claims: #"{"exp":true}"#),
        HostileToken(.badClaim, claims: #"{"exp":[4102444800]}"#),
        HostileToken(.badClaim, claims: #"{"exp":{}}"#),
        HostileToken(.notYetValid, claims: #"{"nbf":1800000000.5}"#),
        HostileToken(.notYetValid, claims: #"{"nbf":1e300}"#),
        HostileToken(.badClaim, claims: #"{"nbf":"now"}"#),
        HostileToken(.badClaim, claims: #"{"nbf":1e999999999}"#),
        HostileToken(.badClaim, claims: #"{"mercure":"*"}"#),
        HostileToken(.badClaim, claims: #"{"mercure":["*"]}"#),
        HostileToken(.badClaim, claims: #"{"mercure":true}"#),
        HostileToken(.badClaim, claims: #"{"https://mercure.rocks/":1,"mercure":{}}"#),
        HostileToken(.badClaim, claims: #"{"mercure":{"publish":"*"}}"#),
        HostileToken(.badClaim, claims: #"{"mercure":{"publish":{"0":"*"}}}"#),
        HostileToken(.badClaim, claims: #"{"mercure":{"publish":1}}"#),
        HostileToken(.badClaim, claims: #"{"mercure":{"publish":false}}"#),
        HostileToken(.badClaim, claims: #"{"mercure":{"publish":["a",1]}}"#),
        HostileToken(.badClaim, claims: #"{"mercure":{"publish":[null]}}"#),
        HostileToken(.badClaim, claims: #"{"mercure":{"publish":[["*"]]}}"#),
        HostileToken(.badClaim, claims: #"{"mercure":{"subscribe":"*"}}"#),
        HostileToken(.badClaim, claims: #"{"mercure":{"subscribe":[{}]}}"#),
    ]

    /// Claims with that many arrays in an object.
    static func nested(_ depth: Int) -> String {
        "{\"a\":" + String(repeating: "[", count: depth) + String(repeating: "]", count: depth) + "}"
    }

    static func flipped(part: Int) async throws -> String {
        var parts = try await TokenSamples.signed(#"{"mercure":{"publish":["a"]}}"#.utf8).split(separator: ".")
        var bytes = try #require(Base64URL.decoded(parts[part].utf8))
        // The last byte of JSON is a bracket; a letter before it is still JSON.
        let index = part == 1 ? bytes.count - 5 : bytes.count - 1
        bytes[index] ^= 1
        parts[part] = Substring(Base64URL.encoded(bytes))
        return parts.joined(separator: ".")
    }

    @Test(arguments: Self.shapes + Self.claimsSets)
    func `It is refused with its code, and told nothing of keys`(_ hostile: HostileToken) async throws {
        let verifier = try await TokenVerifier(
            algorithm: .hs256,
            key: TokenSamples.secret,
            now: { Date(timeIntervalSince1970: 1_800_000_000) }
        )
        let token = try await hostile.make()
        let refusal = try #require(await verifier.refusal(of: token))
        #expect(refusal.code == hostile.code, "\(refusal)")
        #expect(refusal.message.hasSuffix(".") && refusal.message.utf8.count < 200)
        #expect(!refusal.message.contains(TokenSamples.secret))
        #expect(token.count < 3 || !refusal.message.contains(token))
    }

    @Test(arguments: ["none", "None", "NONE", "nOnE"])
    func `A token that is not signed is told so`(_ algorithm: String) async throws {
        let set = TokenVerifier(fetch: { TokenSamples.set(try TokenKeySetTests.jwk("p256")) })
        for verifier in [try await TokenVerifier(algorithm: .hs256, key: TokenSamples.secret), set] {
            let refusal = await verifier.refusal(of: Self.unsigned(#"{"alg":"\#(algorithm)"}"#))
            #expect(refusal == TokenError(.wrongAlgorithm, "The token is not signed."))
        }
    }

    @Test func `A public key is no secret to sign with`() async throws {
        let verifier = try await TokenVerifier(algorithm: .rs256, key: TokenSamples.rsaPublic)
        for secret in [TokenSamples.rsaPublic, TokenSamples.rsaPublic + "\n"] {
            let signer = try await TokenKey(.hs256) { keys in
                keys.add(hmac: .init(from: secret), digestAlgorithm: .sha256)
            }
            for algorithm in ["HS256", "RS256"] {
                let header = Base64URL.encoded(#"{"alg":"\#(algorithm)"}"#.utf8)
                let text = "\(header).\(Self.claims)"
                let token = text + "." + Base64URL.encoded(try signer.signature(of: Array(text.utf8)))
                let code = await verifier.refusal(of: token)?.code
                #expect(code == (algorithm == "HS256" ? .wrongAlgorithm : .badSignature))
            }
        }
    }

    @Test func `An RSA token is none for an EC key, whatever its header says`() async throws {
        let verifier = try await TokenVerifier(algorithm: .es256, key: TokenSamples.p256Public)
        let token = try #require(TokenSamples.tokens[.rs256])
        #expect(await verifier.refusal(of: token)?.code == .wrongAlgorithm)
        let signature = try #require(token.split(separator: ".").last)
        let forged = "\(Base64URL.encoded(#"{"alg":"ES256"}"#.utf8)).\(Self.claims).\(signature)"
        #expect(await verifier.refusal(of: forged)?.code == .badSignature)
    }

    @Test func `An all-zero ECDSA signature is refused`() async throws {
        let verifier = try await TokenVerifier(algorithm: .es256, key: TokenSamples.p256Public)
        let zeros = Base64URL.encoded([UInt8](repeating: 0, count: 64))
        let token = "\(Base64URL.encoded(#"{"alg":"ES256"}"#.utf8)).\(Self.claims).\(zeros)"
        #expect(await verifier.refusal(of: token)?.code == .badSignature)
    }
}
