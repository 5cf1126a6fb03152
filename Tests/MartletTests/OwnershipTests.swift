import Testing

@testable import Martlet

@Suite struct OwnershipTests {
    private func looks(_ owned: OwnedTopics, _ selectors: [String], grants: [String] = []) throws -> [String] {
        let interest = Interest(selectors: try selectors.map(Selector.init), grants: try grants.map(Selector.init))
        return Ownership([owned]).looks(of: interest).map(\.topic.name)
    }

    @Test(
        "A source that watches all or nothing is looked at by whoever may get something of it",
        arguments: [
            (["chat/7"], ["chat/7"]), (["chat/{room}"], ["chat/1"]), (["chat/{anything}"], ["chat/1"]),
            (["*"], ["chat/1"]),
            (["chat/7", "chat/{room}"], ["chat/7"]), (["news/{room}"], []), (["news/7"], []), (["chat/7/8"], []),
        ]
    )
    func wholes(selectors: [String], looked: [String]) throws {
        let owned = OwnedTopics(
            of: "chat",
            selector: try Selector("chat/{room}"),
            isPublic: true,
            isWatchedAsOne: true
        )
        #expect(try self.looks(owned, selectors) == looked)
    }

    @Test func `of a private source only a look that is granted counts`() throws {
        let owned = OwnedTopics(of: "chat", selector: try Selector("chat/{room}"), isWatchedAsOne: true)
        #expect(try self.looks(owned, ["*"]).isEmpty)
        #expect(try self.looks(owned, ["*"], grants: ["chat/{room}"]) == ["chat/1"])
        #expect(try self.looks(owned, ["chat/7"], grants: ["chat/7"]) == ["chat/7"])
    }

    @Test func `a template brings no watch of a source to life that watches topic by topic`() throws {
        let owned = OwnedTopics(of: "notices", selector: try Selector("users/{id}"), isPublic: true)
        #expect(try self.looks(owned, ["users/{id}", "*"]).isEmpty)
        #expect(try self.looks(owned, ["users/{id}", "users/1"]) == ["users/1"])
        #expect(try self.looks(owned, ["*", "users/1"]) == ["users/1"])
    }

    @Test func `a source that never asks what has changed keeps nothing of those who have left`() throws {
        let owned = OwnedTopics(of: "notices", selector: try Selector("users/{id}"), isPublic: true)
        for number in 0..<1000 {
            let topic = try Topic("users/\(number)")
            owned.beginLooking(at: topic)
            owned.beginLooking(at: topic)
            owned.endLooking(at: topic)
            owned.endLooking(at: topic)
        }
        owned.beginLooking(at: try Topic("users/here"))
        #expect(owned.changes().map(\.topic.name) == ["users/here"])
    }

    @Test func `what has changed is told against what was told last`() throws {
        let owned = OwnedTopics(of: "notices", selector: try Selector("users/{id}"), isPublic: true)
        let topic = try Topic("users/1")
        func changes() -> [Bool] { owned.changes().map(\.isWatched) }
        owned.beginLooking(at: topic)
        #expect(changes() == [true])
        #expect(changes() == [])
        owned.endLooking(at: topic)
        owned.beginLooking(at: topic)
        #expect(changes() == [])
        owned.endLooking(at: topic)
        owned.beginLooking(at: topic)
        owned.endLooking(at: topic)
        #expect(changes() == [false])
        owned.beginLooking(at: topic)
        #expect(changes() == [true])
    }
}
