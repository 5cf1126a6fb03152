import Foundation
import Synchronization
import Testing

@testable import MartletServer

@Suite("Fetching a key set", .timeLimit(.minutes(1)))
struct TokenKeySetFetchTests {
    struct Down: Error {}

    /// A place that key sets are fetched from, and a verifier that does.
    final class Issuer: Sendable {
        private struct State {
            var set: String?
            var fetches = 0
            var reports: [TokenKeyError] = []
        }

        let clock = TokenClock()
        private let state: Mutex<State>

        init(_ set: String?) {
            self.state = Mutex(State(set: set))
        }

        var fetches: Int { self.state.withLock { $0.fetches } }
        var reports: [TokenKeyError] { self.state.withLock { $0.reports } }

        /// Serves this from now on; `nil`: is down.
        func serve(_ set: String?) { self.state.withLock { $0.set = set } }

        func verifier(before: @escaping @Sendable () async -> Void = {}) -> TokenVerifier {
            TokenVerifier(
                now: { self.clock.now },
                report: { error in self.state.withLock { $0.reports.append(error) } },
                fetch: {
                    let set = self.state.withLock { state in
                        state.fetches += 1
                        return state.set
                    }
                    await before()
                    guard let set else { throw Down() }
                    return set
                }
            )
        }
    }

    /// Opens once, for everybody.
    final class Gate: Sendable {
        private let waiters = Mutex<[CheckedContinuation<Void, Never>]?>([])

        func open() {
            let waiters = self.waiters.withLock { waiters in
                defer { waiters = nil }
                return waiters ?? []
            }
            for waiter in waiters { waiter.resume() }
        }

        func pass() async {
            await withCheckedContinuation { continuation in
                let isOpen = self.waiters.withLock { waiters in
                    waiters?.append(continuation)
                    return waiters == nil
                }
                if isOpen { continuation.resume() }
            }
        }
    }

    let old: String
    let new: String
    let oldToken: String
    let newToken: String

    init() async throws {
        self.old = TokenSamples.set(try TokenKeySetTests.jwk("p256"))
        self.new = TokenSamples.set(try TokenKeySetTests.jwk("ed"))
        self.oldToken = try await TokenKeySetTests.token(.es256, kid: "p256")
        self.newToken = try await TokenKeySetTests.token(.edDSA, kid: "ed")
    }

    @Test func `Keys are fetched at first use and again after ten minutes`() async throws {
        let issuer = Issuer(self.old)
        let verifier = issuer.verifier()
        #expect(issuer.fetches == 0)
        for _ in 0..<10 { #expect(await verifier.refusal(of: self.oldToken) == nil) }
        #expect(issuer.fetches == 1)
        issuer.clock.advance(by: 599)
        #expect(await verifier.refusal(of: self.oldToken) == nil)
        #expect(issuer.fetches == 1)
        issuer.clock.advance(by: 1)
        #expect(await verifier.refusal(of: self.oldToken) == nil)
        #expect(issuer.fetches == 2)
    }

    @Test func `A new key is found at once, and an old one is forgotten with it`() async throws {
        let issuer = Issuer(self.old)
        let verifier = issuer.verifier()
        #expect(await verifier.refusal(of: self.oldToken) == nil)
        issuer.serve(self.new)
        #expect(await verifier.refusal(of: self.newToken)?.code == .unknownKey)
        issuer.clock.advance(by: 10)
        #expect(await verifier.refusal(of: self.newToken) == nil)
        #expect(issuer.fetches == 2)
        #expect(await verifier.refusal(of: self.oldToken)?.code == .unknownKey)
    }

    @Test func `A thousand tokens with random kids cause one fetch in ten seconds`() async throws {
        let issuer = Issuer(self.old)
        let verifier = issuer.verifier()
        for round in 1...5 {
            for index in 0..<1000 {
                let header = Base64URL.encoded(#"{"alg":"ES256","kid":"\#(round)-\#(index)"}"#.utf8)
                #expect(await verifier.refusal(of: "\(header).e30.AAAA")?.code == .unknownKey)
            }
            #expect(issuer.fetches == round)
            issuer.clock.advance(by: 9.999)
            #expect(await verifier.refusal(of: self.newToken)?.code == .unknownKey)
            #expect(await verifier.refusal(of: self.oldToken) == nil)
            #expect(issuer.fetches == round)
            issuer.clock.advance(by: 0.001)
        }
    }

    @Test func `Keys of another algorithm, and bad signatures, cause no fetch`() async throws {
        let issuer = Issuer(self.old)
        let verifier = issuer.verifier()
        _ = await verifier.refusal(of: self.oldToken)
        issuer.clock.advance(by: 60)
        for header in [#"{"alg":"ES384","kid":"p256"}"#, #"{"alg":"ES256","kid":"p256"}"#, #"{"alg":"RS256"}"#] {
            #expect(await verifier.refusal(of: "\(Base64URL.encoded(header.utf8)).e30.AAAA") != nil)
        }
        #expect(issuer.fetches == 1)
    }

    @Test(arguments: [#"{"keys":[]}"#, #"{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}"#])
    func `Keys that were withdrawn are believed no longer, though none takes their place`(_ set: String) async throws {
        let issuer = Issuer(self.old)
        let verifier = issuer.verifier()
        #expect(await verifier.refusal(of: self.oldToken) == nil)
        issuer.serve(set)
        await #expect(throws: TokenKeyError.self) { try await verifier.refresh() }
        #expect(await verifier.refusal(of: self.oldToken)?.code == .unknownKey)
        #expect(issuer.reports.count == 1)
        issuer.serve(self.new)
        issuer.clock.advance(by: 10)
        #expect(await verifier.refusal(of: self.newToken) == nil)
        #expect(await verifier.refusal(of: self.oldToken)?.code == .unknownKey)
    }

    @Test func `A refresh is not content with what was fetched before it was asked for`() async throws {
        let issuer = Issuer(self.old)
        let gate = Gate()
        let verifier = issuer.verifier { await gate.pass() }
        async let early = verifier.refusal(of: self.oldToken)
        #expect(await eventually { issuer.fetches == 1 })
        // The fetch that is under way has the old keys already.
        issuer.serve(self.new)
        async let refreshed: Void = verifier.refresh()
        gate.open()
        try await refreshed
        _ = await early
        #expect(issuer.fetches == 2)
        #expect(await verifier.refusal(of: self.oldToken)?.code == .unknownKey)
        #expect(await verifier.refusal(of: self.newToken) == nil)
    }

    @Test(arguments: [nil, "rubbish", #"{"keys":null}"#])
    func `Old keys work while a fetch fails, which is tried every ten seconds`(_ failure: String?) async throws {
        let issuer = Issuer(self.old)
        let verifier = issuer.verifier()
        #expect(await verifier.refusal(of: self.oldToken) == nil)
        issuer.serve(failure)
        issuer.clock.advance(by: 3600)
        for _ in 0..<10 { #expect(await verifier.refusal(of: self.oldToken) == nil) }
        #expect(await verifier.refusal(of: self.newToken)?.code == .unavailable)
        #expect(issuer.fetches == 2)
        #expect(issuer.reports.count == 1)
        issuer.clock.advance(by: 10)
        #expect(await verifier.refusal(of: self.oldToken) == nil)
        #expect(issuer.fetches == 3)
        issuer.serve(self.new)
        issuer.clock.advance(by: 10)
        #expect(await verifier.refusal(of: self.newToken) == nil)
        #expect(await verifier.refusal(of: self.oldToken)?.code == .unknownKey)
    }

    @Test func `Until a first fetch succeeds nobody is let in`() async throws {
        let issuer = Issuer(nil)
        let verifier = issuer.verifier()
        for _ in 0..<10 { #expect(await verifier.refusal(of: self.oldToken)?.code == .unavailable) }
        #expect(issuer.fetches == 1)
        issuer.serve(self.old)
        issuer.clock.advance(by: 10)
        #expect(await verifier.refusal(of: self.oldToken) == nil)
    }

    @Test func `A refresh fetches whenever it is asked for, and says what went wrong`() async throws {
        let issuer = Issuer(self.old)
        let verifier = issuer.verifier()
        try await verifier.refresh()
        try await verifier.refresh()
        #expect(issuer.fetches == 2)
        issuer.serve(nil)
        let error = await #expect(throws: TokenKeyError.self) { try await verifier.refresh() }
        #expect(error?.message == "The key set can't be fetched: Down()")
        #expect(issuer.reports == [try #require(error)])
        #expect(await verifier.refusal(of: self.oldToken) == nil)
    }

    @Test func `A clock that is set back stops no fetch`() async throws {
        let issuer = Issuer(self.old)
        let verifier = issuer.verifier()
        _ = await verifier.refusal(of: self.oldToken)
        issuer.clock.advance(by: -86_400)
        issuer.serve(self.new)
        #expect(await verifier.refusal(of: self.newToken) == nil)
    }

    @Test func `Whoever comes during a fetch waits for it, and no caller's end ends it`() async throws {
        let issuer = Issuer(self.old)
        let (began, mayEnd) = (Gate(), Gate())
        let wasCancelled = Mutex(false)
        let verifier = issuer.verifier {
            began.open()
            await mayEnd.pass()
            wasCancelled.withLock { $0 = Task.isCancelled }
        }
        let first = Task { await verifier.refusal(of: self.oldToken) }
        await began.pass()
        first.cancel()
        let others = (0..<100).map { index in
            Task { await verifier.refusal(of: index.isMultiple(of: 2) ? self.oldToken : self.newToken) }
        }
        for _ in 0..<100 { await Task.yield() }
        mayEnd.open()
        #expect(await first.value == nil)
        for (index, other) in others.enumerated() {
            #expect(await other.value?.code == (index.isMultiple(of: 2) ? nil : .unknownKey))
        }
        #expect(issuer.fetches == 1)
        #expect(!wasCancelled.withLock { $0 })
    }
}
