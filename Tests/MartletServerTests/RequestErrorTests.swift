import HTTPTypes
import Testing

@testable import MartletServer

@Suite("Refusals and how they are counted")
struct RequestErrorTests {
    static let reasons: [(status: HTTPResponse.Status, reason: RefusalReason)] = [
        (.badRequest, .malformed), (.unauthorized, .unauthorized), (.forbidden, .forbidden), (.notFound, .notFound),
        (.methodNotAllowed, .method), (.unsupportedMediaType, .mediaType), (.contentTooLarge, .tooLarge),
        (.requestHeaderFieldsTooLarge, .tooLarge), (.requestTimeout, .timeout), (.serviceUnavailable, .unavailable),
        (.tooManyRequests, .malformed), (.internalServerError, .malformed),
    ]

    @Test(arguments: reasons)
    func `The status says what it is counted as, unless something else does`(
        _ status: HTTPResponse.Status,
        _ reason: RefusalReason
    ) {
        #expect(RequestError(status, "x").reason == reason)
        #expect(RequestError(status, "x", reason: .publishRate).reason == .publishRate)
    }

    static let answers: [(error: RequestError, fields: [String])] = [
        (RequestError(.badRequest, "x"), []),
        (RequestError(.unauthorized, "x"), ["WWW-Authenticate: Bearer"]),
        (RequestError(.methodNotAllowed, "x", allow: "GET, HEAD"), ["Allow: GET, HEAD"]),
        (RequestError(.serviceUnavailable, "x", retryAfter: 5), ["Retry-After: 5"]),
        (RequestError(.tooManyRequests, "x", retryAfter: 1, reason: .publishRate), ["Retry-After: 1"]),
    ]

    @Test(arguments: answers)
    func `The answer is a sentence, and the fields that its status demands`(_ error: RequestError, _ fields: [String]) {
        let response = HubResponse.refusal(error)
        #expect(response.status == error.status)
        #expect(response.body == "x\n")
        #expect(
            response.fields.map { "\($0.name): \($0.value)" } == ["Content-Type: text/plain; charset=utf-8"] + fields
        )
    }

    @Test func `Each refusal is counted by its reason, and every reason is listed in one order`() async {
        let counters = RefusalCounters()
        #expect(counters.all.map(\.reason) == RefusalReason.allCases)
        #expect(counters.all.allSatisfy { $0.count == 0 })
        await withTaskGroup { group in
            for (number, reason) in RefusalReason.allCases.enumerated() {
                for _ in 0..<(number * 10) { group.addTask { counters.count(reason) } }
            }
        }
        #expect(counters.all.map(\.reason) == RefusalReason.allCases)
        #expect(counters.all.map(\.count) == RefusalReason.allCases.indices.map { $0 * 10 })
    }

    @Test func `The names of the reasons are part of the status document`() {
        #expect(
            RefusalReason.allCases.map(\.rawValue) == [
                "malformed", "unauthorized", "forbidden", "notFound", "method", "mediaType", "tooLarge", "timeout",
                "selectors", "templates", "streams", "streamsPerAddress", "publishRate", "unavailable",
            ]
        )
    }
}
