import HTTPTypes
import Testing

@testable import MartletServer

@Suite("What browsers are told about other origins")
struct CORSPolicyTests {
    static let none = CORSPolicy()
    static let listed = CORSPolicy(origins: ["https://app.example", "http://localhost:3000", "http://[::1]:3000"])
    static let anyOrigin = CORSPolicy(allowsAnyOrigin: true)

    static func lines(_ policy: CORSPolicy, _ origin: String?) -> [String] {
        policy.fields(for: origin).map { "\($0.name): \($0.value)" }
    }

    @Test(arguments: [
        "https://app.example", "https://APP.example", "HTTPS://app.example:443", "http://localhost:3000",
        "http://[0:0:0:0:0:0:0:1]:3000",
    ])
    func `A listed origin is answered by the name it gives, with credentials`(_ origin: String) {
        #expect(
            Self.lines(Self.listed, origin) == [
                "Access-Control-Allow-Origin: \(origin)", "Access-Control-Allow-Credentials: true",
                "Access-Control-Expose-Headers: Last-Event-ID, Retry-After", "Vary: Origin",
            ]
        )
    }

    static let foreign: [String?] = [
        nil, "", "null", "*", "https://evil.example", "http://app.example", "https://app.example:8443",
        "https://app.example.", "https://app.example/", "https://app.example.evil.example", "https://xapp.example",
        "https://app.example@evil.example", "https://evil.example@app.example", "http://localhost",
        "https://app.example, https://app.example", "https://app.example https://evil.example",
        "https://evil.example/https://app.example", "app.example",
    ]

    @Test(arguments: foreign)
    func `Another origin is told nothing, and caches that the answer is for nobody else`(_ origin: String?) {
        #expect(Self.lines(Self.listed, origin) == ["Vary: Origin"])
    }

    @Test(arguments: foreign + ["https://app.example"])
    func `Without a list nothing is said`(_ origin: String?) {
        #expect(Self.lines(Self.none, origin) == [])
    }

    @Test(arguments: foreign + ["https://app.example"])
    func `Every origin is allowed without credentials`(_ origin: String?) {
        #expect(
            Self.lines(Self.anyOrigin, origin) == [
                "Access-Control-Allow-Origin: *", "Access-Control-Expose-Headers: Last-Event-ID, Retry-After",
            ]
        )
    }

    @Test(arguments: [
        (Self.listed, "https://app.example"), (Self.listed, "https://App.Example"),
        (Self.anyOrigin, "https://a.example"),
        (Self.anyOrigin, "null"),
    ])
    func `A preflight is answered with what may be sent`(_ policy: CORSPolicy, _ origin: String) throws {
        let response = try policy.preflight([.origin: origin, .accessControlRequestMethod: "POST"])
        #expect(response.status == .noContent)
        #expect(response.body == "")
        #expect(!response.hasLength)
        #expect(
            response.fields.map { "\($0.name): \($0.value)" } == [
                "Allow: GET, HEAD, POST, OPTIONS", "Access-Control-Allow-Methods: GET, HEAD, POST",
                "Access-Control-Allow-Headers: Authorization, Cache-Control, Content-Type, Last-Event-ID",
                "Access-Control-Max-Age: 7200",
            ]
        )
    }

    @Test(arguments: [Self.none, Self.listed], ["https://evil.example", "null", "", "https://app.example/"])
    func `A preflight from another origin is refused`(_ policy: CORSPolicy, _ origin: String) {
        let error = #expect(throws: RequestError.self) {
            try policy.preflight([.origin: origin, .accessControlRequestMethod: "GET"])
        }
        #expect(error?.status == .forbidden)
        #expect(error?.message.contains("cors.origins") == true)
    }

    @Test(
        arguments: [
            [:], [.origin: "https://evil.example"], [.accessControlRequestMethod: "POST"],
        ] as [HTTPFields]
    )
    func `OPTIONS that is no preflight is told the methods`(_ fields: HTTPFields) throws {
        for policy in [Self.none, Self.listed, Self.anyOrigin] {
            let response = try policy.preflight(fields)
            #expect(response.status == .noContent)
            #expect(response.fields.map { "\($0.name): \($0.value)" } == ["Allow: GET, HEAD, POST, OPTIONS"])
        }
    }
}
