import Martlet
import Testing

@Suite struct TopicTests {
    @Test(arguments: [
        "a", "time", "users/42/notices", "https://example.org/books/{id}", "*", " ", "é", "e\u{301}", "\t", "👩‍👩‍👧",
        String(repeating: "x", count: 1024), String(repeating: "é", count: 512),
    ])
    func `a topic is any text that fits on a line`(name: String) throws {
        let topic = try Topic(name)
        #expect(Array(topic.name.utf8) == Array(name.utf8))
        #expect(topic.description == topic.name)
    }

    @Test(arguments: [
        "", "a\nb", "a\rb", "\r\n", "a\0", "\0", String(repeating: "x", count: 1025),
        String(repeating: "é", count: 512) + "x",
    ])
    func `a topic that is empty, too long or breaks a line is refused`(name: String) {
        let error = #expect(throws: UpdateError.self) { try Topic(name) }
        #expect(error?.code == .topic)
        #expect(error?.message.hasPrefix("A topic ") == true)
    }

    @Test func `topics are compared byte for byte, not by how they look`() throws {
        let one = try Topic("caf\u{E9}")
        let two = try Topic("cafe\u{301}")
        #expect(one.name == two.name, "Swift takes the texts for equal")
        #expect(one != two)
        #expect(Set([one, two, try Topic("caf\u{E9}")]).count == 2)
        #expect(try Selector("caf\u{E9}") != Selector("cafe\u{301}"))
    }
}

@Suite struct SelectorTests {
    @Test func `an asterisk selects everything, other text exactly its topic`() throws {
        #expect(try Selector("*") == .everything)
        #expect(try Selector("**") == Selector(exactly: Topic("**")))
        #expect(try Selector("time").description == "time")
        #expect(Selector.everything.description == "*")
    }

    @Test func `a topic whose name is an asterisk is not everything`() throws {
        let selector = Selector(exactly: try Topic("*"))
        #expect(selector != .everything)
        #expect(Interest(selectors: [selector, try Selector("a")]).selectors != [.everything])
    }

    @Test func `a text with a brace is a template, and selects what results from it and what is spelled like it`()
        throws
    {
        let selector = try Selector("users/{id}")
        #expect(selector.description == "users/{id}")
        #expect(selector.matches([try Topic("a"), try Topic("users/42")]))
        #expect(selector.matches(try Topic("users/{id}")))
        #expect(!selector.matches(try Topic("users/4/2")))
        #expect(selector != Selector(exactly: try Topic("users/{id}")))
    }

    @Test(arguments: ["", "a\nb", "{", "{}", "users/{id", "{a}}", String(repeating: "x", count: 1025)])
    func `what is no topic, or a malformed template, is refused`(text: String) {
        #expect(throws: UpdateError.self) { try Selector(text) }
    }
}

@Suite struct InterestTests {
    @Test func `whoever asks alike is found to do so`() throws {
        #expect(try Interest.sample("b", "a", "b") == Interest.sample("a", "b"))
        #expect(try Interest.sample("b", "*", "a") == Interest.sample("*", "a", "b", "a"))
        // What is asked for by name has sources watch it, so it makes a difference.
        #expect(try Interest.sample("*", "a") != Interest.sample("*"))
        #expect(try Interest.sample("*", "a").selectors == Interest.sample("*").selectors)
        #expect(try Interest.sample("a", grants: ["y", "x"]) == Interest.sample("a", grants: ["x", "y", "x"]))
        #expect(try Interest.sample("a") != Interest.sample("a", grants: ["a"]))
    }

    /// Sorting by `String`'s own order leaves canonically equivalent names in whatever order they came.
    @Test func `the order is total, also over names that Swift takes for equal`() throws {
        let names = (0..<20).flatMap { ["caf\u{E9}/\($0)", "cafe\u{301}/\($0)"] }
        let one = Interest(selectors: try names.map { try Selector($0) })
        // Sets that were made with room for more iterate in another order.
        let other = Interest(selectors: try (names + names + names + names).reversed().map { try Selector($0) })
        #expect(one == other)
    }

    @Test(arguments: [
        (["a"], false, [String](), true),
        (["a"], true, [], false),
        (["a"], true, ["b"], false),
        (["a"], true, ["a"], true),
        (["a", "b"], true, ["b"], true),
        (["a"], true, ["*"], true),
    ])
    func `a private update takes a grant for one of its topics`(
        topics: [String],
        isPrivate: Bool,
        grants: [String],
        isAdmitted: Bool
    ) throws {
        let update = try Update(topics: topics.map { try Topic($0) }, data: "", isPrivate: isPrivate)
        #expect(
            try Interest(selectors: [.everything], grants: grants.map { try Selector($0) }).admits(update) == isAdmitted
        )
    }
}
