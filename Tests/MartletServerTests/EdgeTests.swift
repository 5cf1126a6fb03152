import NIOCore
import Testing

@testable import Martlet
@testable import MartletServer

@Suite("Rates and paths at their edges")
struct EdgeTests {
    @Test func `The list of all with a slash behind it is not found`() async throws {
        let token = try await bearer(subscribe: ["*"])
        try await ServedHub.run(access: try await .keyed(), subscriptions: true) { hub in
            let response = try hub.connect().request("GET", "/.well-known/mercure/subscriptions/", fields: token)
            #expect(response.status == 404)
        }
    }

    @Test func `A second counts once, though two event loops' times come in the wrong order`() {
        let rates = PublishRates(perSecond: 1)
        let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
        #expect(rates.take(1, for: "a", at: start) == nil)
        #expect(rates.take(1, for: "a", at: start + .seconds(1)) == nil)
        // Measured before the one above, and here after it.
        #expect(rates.take(1, for: "a", at: start) == 1)
        #expect(rates.take(1, for: "a", at: start + .seconds(1)) == 1)
    }

    @Test func `Whoever was refused in between comes back when he was told to`() {
        let rates = PublishRates(perSecond: 1)
        let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
        #expect(rates.take(1, for: "a", at: start) == nil)
        for step in 1...9 { #expect(rates.take(1, for: "a", at: start + .milliseconds(100 * Int64(step))) == 1) }
        #expect(rates.take(1, for: "a", at: start + .seconds(1)) == nil)
    }
}
