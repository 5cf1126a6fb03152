import Foundation
import Testing

@testable import MartletServer

@Suite("What tokens grant")
struct TokenClaimsTests {
    static let rows: [(json: String, claims: TokenClaims)] = [
        ("{}", TokenClaims()),
        (" \t\r\n{ } \n", TokenClaims()),
        (#"{"publish":["*"],"subscribe":["*"]}"#, TokenClaims()),
        (#"{"Mercure":{"publish":["*"]}}"#, TokenClaims()),
        (#"{"mercure":{}}"#, TokenClaims()),
        (#"{"mercure":null}"#, TokenClaims()),
        (#"{"mercure":{"publish":null,"subscribe":null,"payload":null},"exp":null,"nbf":null}"#, TokenClaims()),
        (#"{"mercure":{"publish":[]}}"#, TokenClaims()),
        (#"{"mercure":{"publish":["*"]}}"#, TokenClaims(publish: ["*"])),
        (#"{"mercure":{"publish":["a","a",""]}}"#, TokenClaims(publish: ["a", "a", ""])),
        (
            #"{"mercure":{"subscribe":["https:\/\/example.com\/{id}"]}}"#,
            TokenClaims(subscribe: ["https://example.com/{id}"])
        ),
        (#"{"\u006dercure":{"subscribe":["\u00e9\ud83d\ude00\t"]}}"#, TokenClaims(subscribe: ["é😀\t"])),
        (#"{"mercure":{"subscribe":["a"],"more":[1,{}]}}"#, TokenClaims(subscribe: ["a"])),
        (#"{"https://mercure.rocks/":{"publish":["a"]}}"#, TokenClaims(publish: ["a"])),
        (
            #"{"mercure":{"publish":["b"],"payload":1},"https://mercure.rocks/":{"subscribe":["a"]}}"#,
            TokenClaims(subscribe: ["a"])
        ),
        (#"{"mercure":{"publish":["b"]},"https://mercure.rocks/":{}}"#, TokenClaims()),
        (#"{"mercure":"rubbish","https://mercure.rocks/":{"publish":["a"]}}"#, TokenClaims(publish: ["a"])),
        (#"{"mercure":{"publish":["b"]},"https://mercure.rocks/":null}"#, TokenClaims(publish: ["b"])),
        (#"{"mercure":{"payload":"x"}}"#, TokenClaims(payload: #""x""#)),
        (#"{"mercure":{"payload":false}}"#, TokenClaims(payload: "false")),
        (
            #"{"mercure":{"payload":[ 1.0 , 1e400,-0, 12345678901234567890 ]}}"#,
            TokenClaims(payload: "[1.0,1e400,-0,12345678901234567890]")
        ),
        (
            #"{"mercure":{"payload":{ "b" : "\u2028\u0001\/" , "a" : { } , "c":[] }}}"#,
            TokenClaims(payload: "{\"b\":\"\u{2028}\\u0001/\",\"a\":{},\"c\":[]}")
        ),
        (#"{"mercure":{"payload":{"é":1,"e\u0301":2}}}"#, TokenClaims(payload: "{\"é\":1,\"e\u{301}\":2}")),
        (#"{"exp":4102444800}"#, TokenClaims(expires: Date(timeIntervalSince1970: 4_102_444_800))),
        (#"{"exp":4102444800.25}"#, TokenClaims(expires: Date(timeIntervalSince1970: 4_102_444_800.25))),
        (#"{"exp":4.1024448E+9}"#, TokenClaims(expires: Date(timeIntervalSince1970: 4_102_444_800))),
        (#"{"exp":9223372036854775807}"#, TokenClaims(expires: Date(timeIntervalSince1970: 253_402_300_799))),
        (#"{"exp":1e308}"#, TokenClaims(expires: Date(timeIntervalSince1970: 253_402_300_799))),
        (#"{"nbf":-1e308}"#, TokenClaims(notBefore: Date(timeIntervalSince1970: -253_402_300_799))),
        (#"{"iat":"whenever","iss":1,"aud":[],"sub":null,"jti":{}}"#, TokenClaims()),
    ]

    @Test(arguments: Self.rows)
    func `Claims are read as they are written`(_ json: String, _ claims: TokenClaims) async throws {
        let verifier = try await TokenVerifier(
            algorithm: .hs256,
            key: TokenSamples.secret,
            now: { Date(timeIntervalSince1970: 1_800_000_000) }
        )
        let read = try await verifier.verify(try await TokenSamples.signed(json.utf8))
        #expect(read == claims)
        #expect(read.payload.map { Array($0.utf8) } == claims.payload.map { Array($0.utf8) })
    }

    @Test func `A refused claim is named`() async throws {
        let verifier = try await TokenVerifier(algorithm: .hs256, key: TokenSamples.secret)
        let sentences = [
            #"{"exp":""}"#: "The token's claim \"exp\" must be a number of seconds since 1970.",
            #"{"mercure":{"publish":""}}"#: "The token's claim \"publish\" must be an array of strings.",
            #"{"mercure":{"subscribe":[1]}}"#: "Each element of the token's claim \"subscribe\" must be a string.",
            #"{"https://mercure.rocks/":1}"#: "The token's claim \"https://mercure.rocks/\" must be an object.",
        ]
        for (json, sentence) in sentences {
            #expect(await verifier.refusal(of: try await TokenSamples.signed(json.utf8))?.message == sentence)
        }
    }

    @Test func `15 KiB of claims are read`() async throws {
        let selectors = (0..<395).map { "https://example.com/\($0)/{x}" }
        let token = try await TokenSigner.sign(
            TokenClaims(publish: selectors),
            algorithm: .hs256,
            key: TokenSamples.secret
        )
        #expect((15 * 1024...16 * 1024).contains(token.utf8.count), "\(token.utf8.count)")
        let verifier = try await TokenVerifier(algorithm: .hs256, key: TokenSamples.secret)
        #expect(try await verifier.verify(token).publish == selectors)
    }

    @Test(arguments: [64, 65, 100_000, 1_000_000])
    func `JSON is read 64 levels deep and refused beyond, however deep`(_ depth: Int) {
        let error = JSONError("It is nested more than 64 levels deep.")
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let closed = String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
            #expect(Self.error(of: closed) == (depth > 64 ? error : nil))
            let unclosed = String(repeating: open, count: depth)
            #expect(Self.error(of: unclosed) == (depth > 64 ? error : JSONError("It ends too early.")))
        }
    }

    @Test func `Every beginning of a JSON text is refused, and so is every byte that has become another`() {
        let json = #"{"a":[1.5e-3,true,false,null,"\u00e9\ud83d\ude00\n"],"b":{"c":-0,"d":"é"}}"#
        let bytes = Array(json.utf8)
        #expect(Self.error(of: json) == nil)
        for end in bytes.indices {
            #expect(throws: JSONError.self) { try JSONReader.read(Array(bytes[..<end])) }
        }
        // Whatever it makes of them, what it takes it writes so that it takes it again.
        for index in bytes.indices {
            for byte in UInt8.min...UInt8.max {
                var changed = bytes
                changed[index] = byte
                guard let value = try? JSONReader.read(changed) else { continue }
                #expect((try? JSONReader.read(Array(value.text.utf8))) == value)
            }
        }
    }

    private static func error(of json: String) -> JSONError? {
        do throws(JSONError) {
            _ = try JSONReader.read(Array(json.utf8))
            return nil
        } catch {
            return error
        }
    }
}
