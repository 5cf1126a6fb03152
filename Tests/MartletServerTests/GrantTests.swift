import Foundation
import Martlet
import NIOCore
import Testing

@testable import MartletServer

@Suite("What a token grants")
struct GrantTests {
    static let topics: [(publish: [String], topic: String, isAllowed: Bool)] = [
        ([], "a", false),
        (["a"], "a", true),
        (["a"], "A", false),
        (["a"], "b", false),
        (["a", "b"], "b", true),
        (["*"], "a", true),
        (["*"], "*", true),
        (["books/{id}"], "books/1", true),
        (["books/{id}"], "books/1/2", false),
        (["books/{id}"], "books/{id}", true),
        (["https://example.com/{+path}"], "https://example.com/a/b", true),
        (["https://example.com/{+path}"], "https://example.org/a/b", false),
    ]

    @Test(arguments: topics)
    func `Topics that one of its selectors matches may be published to`(
        _ publish: [String],
        _ topic: String,
        _ isAllowed: Bool
    ) throws {
        var steps = 0
        #expect(try Grant.made(publish: publish).publish.matches(Topic(topic), steps: &steps) == isAllowed)
        // What may be received says nothing about it.
        #expect(try !Grant.made(subscribe: publish).publish.matches(Topic(topic), steps: &steps))
    }

    @Test func `It is what the claims say`() throws {
        let grant = try Grant(TokenSamples.claims, token: "abc")
        #expect(grant.publish.hasEverything)
        #expect(grant.publish.templates.map(\.text) == ["https://example.com/books/{id}"])
        #expect(grant.subscribe.map(\.description) == TokenSamples.claims.subscribe)
        #expect(grant.payload == TokenSamples.claims.payload)
        #expect(grant.expires == TokenSamples.claims.expires)
        #expect(grant.token == "abc")
    }

    @Test(arguments: ["", "{", "books/{id", "books/{}", "a{b}c}", "a\nb{c}", String(repeating: "x", count: 1025)])
    func `A bad selector makes the whole token bad`(_ selector: String) {
        for (claim, publish, subscribe) in [("publish", ["a", selector], []), ("subscribe", [], [selector])] {
            let error = #expect(throws: TokenError.self) { try Grant.made(publish: publish, subscribe: subscribe) }
            #expect(error?.code == .badClaim)
            #expect(error?.message.hasPrefix("The token's claim \"\(claim)\" has a bad selector: ") == true)
        }
    }

    @Test func `Templates that take too long to hold a topic against make it bad too`() throws {
        let usual = (1...100).map { "books/\($0)/{id}" }
        _ = try Grant.made(publish: usual, subscribe: usual)
        let costly = (1...100).map { number in "{" + (1...20).map { "a\(number)x\($0)" }.joined(separator: ",") + "}" }
        for (claim, publish, subscribe) in [("publish", costly, []), ("subscribe", [], costly)] {
            let error = #expect(throws: TokenError.self) { try Grant.made(publish: publish, subscribe: subscribe) }
            #expect(error?.code == .badClaim)
            #expect(error?.message == "The templates of the token's claim \"\(claim)\" hold too many variables.")
        }
    }

    @Test func `Its streams end when it does`() throws {
        let before = NIODeadline.now()
        #expect(try Grant.made().deadline == .distantFuture)
        let soon = try Grant.made(expires: Date(timeIntervalSinceNow: 60)).deadline
        #expect(soon > before + .seconds(59) && soon <= .now() + .seconds(60))
        let past = try Grant.made(expires: Date(timeIntervalSinceNow: -60)).deadline
        #expect(past >= before && past <= .now())
        // Times that can't be counted in nanoseconds.
        for seconds in [1e10, 1e18, 1e300, .infinity] {
            let late = try Grant.made(expires: Date(timeIntervalSince1970: seconds)).deadline
            #expect(late > before + .hours(24 * 365 * 50))
        }
        #expect(try Grant.made(expires: Date(timeIntervalSince1970: -1e300)).deadline <= .now())
    }
}

@Suite("Tokens that were verified before")
struct GrantCacheTests {
    @Test func `What was verified before all were forgotten is not kept`() throws {
        let cache = GrantCache()
        let begun = cache.generation
        cache.removeAll()
        cache.insert(try .made(token: "a"), as: .publisher, of: begun)
        #expect(cache.grant(for: "a", as: .publisher) == nil)
        cache.insert(try .made(token: "a"), as: .publisher, of: cache.generation)
        #expect(cache.grant(for: "a", as: .publisher) != nil)
    }

    @Test func `A token is known in the role in which it was verified`() throws {
        let cache = GrantCache()
        let grant = try Grant.made(token: "a")
        #expect(cache.grant(for: "a", as: .publisher) == nil)
        cache.insert(grant, as: .publisher, of: cache.generation)
        #expect(cache.grant(for: "a", as: .publisher) === grant)
        #expect(cache.grant(for: "a", as: .subscriber) == nil)
        #expect(cache.grant(for: "b", as: .publisher) == nil)
    }

    @Test func `A token that is verified again has its newest grant`() throws {
        let cache = GrantCache()
        cache.insert(try .made(token: "a"), as: .subscriber, of: cache.generation)
        let newer = try Grant.made(subscribe: ["b"], token: "a")
        cache.insert(newer, as: .subscriber, of: cache.generation)
        #expect(cache.grant(for: "a", as: .subscriber) === newer)
    }

    @Test func `A token that has ended is not known any more`() async throws {
        let cache = GrantCache()
        cache.insert(
            try .made(expires: Date(timeIntervalSinceNow: -0.001), token: "past"),
            as: .publisher,
            of: cache.generation
        )
        cache.insert(
            try .made(expires: Date(timeIntervalSinceNow: 3600), token: "future"),
            as: .publisher,
            of: cache.generation
        )
        #expect(cache.grant(for: "past", as: .publisher) == nil)
        #expect(cache.grant(for: "future", as: .publisher) != nil)
        cache.insert(
            try .made(expires: Date(timeIntervalSinceNow: 0.2), token: "soon"),
            as: .publisher,
            of: cache.generation
        )
        #expect(await eventually { cache.grant(for: "soon", as: .publisher) == nil })
    }

    @Test func `All may be forgotten`() throws {
        let cache = GrantCache()
        cache.insert(try .made(token: "a"), as: .publisher, of: cache.generation)
        cache.removeAll()
        #expect(cache.grant(for: "a", as: .publisher) == nil)
    }

    @Test func `What it holds is bounded, and what is in use stays`() throws {
        let cache = GrantCache()
        let used = try Grant.made(token: "used")
        cache.insert(used, as: .publisher, of: cache.generation)
        cache.insert(try .made(token: "idle"), as: .publisher, of: cache.generation)
        // Twice as much as it holds, twice over.
        for number in 1...1000 {
            let token = "\(number) " + String(repeating: "x", count: 16 << 10)
            cache.insert(try .made(token: token), as: .publisher, of: cache.generation)
            #expect(cache.grant(for: token, as: .publisher) != nil)
            #expect(cache.grant(for: "used", as: .publisher) === used)
        }
        #expect(cache.grant(for: "idle", as: .publisher) == nil)
    }
}
