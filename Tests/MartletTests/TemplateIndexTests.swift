import Testing

@testable import Martlet

@Suite struct TemplateIndexTests {
    private func texts(_ entries: [TemplateIndex.Entry]) -> [String] { entries.map(\.template.text).sorted() }

    @Test func `each template is evaluated once per topic`() throws {
        var index = TemplateIndex()
        let one = index.retain(try URITemplate("users/{id}"))
        #expect(index.retain(try URITemplate("users/{id}")) === one)
        let topic = try Topic("users/42")
        for _ in 0..<100 { #expect(self.texts(index.matches(topic)) == ["users/{id}"]) }
        #expect(index.evaluations == 1)
    }

    @Test func `a template that comes later is tried against topics that are known`() throws {
        var index = TemplateIndex()
        _ = index.retain(try URITemplate("users/{id}"))
        let topic = try Topic("users/42")
        _ = index.matches(topic)
        _ = index.retain(try URITemplate("users/4{rest}"))
        _ = index.retain(try URITemplate("books/{id}"))
        #expect(self.texts(index.matches(topic)) == ["users/4{rest}", "users/{id}"])
        #expect(index.evaluations == 2)
    }

    @Test func `a template is forgotten with its last user, and can come again`() throws {
        var index = TemplateIndex()
        let template = try URITemplate("users/{id}")
        let topic = try Topic("users/42")
        let other = index.retain(try URITemplate("{+all}"))
        let entry = index.retain(template)
        _ = index.retain(template)
        index.release(entry)
        #expect(self.texts(index.matches(topic)) == ["users/{id}", "{+all}"])
        index.release(entry)
        #expect(self.texts(index.matches(topic)) == ["{+all}"])
        let again = index.retain(template)
        #expect(index.matches(topic).contains { $0 === again })
        index.release(again)
        index.release(other)
        #expect(index.isEmpty && index.matches(topic).isEmpty)
    }

    /// A thousand templates with beginnings of their own: a topic that is new is tried against those that begin like it.
    @Test func `a hundred thousand topics are tried only against templates that begin like them`() throws {
        var index = TemplateIndex()
        for number in 0..<1000 { _ = index.retain(try URITemplate("tenants/\(number)/{+rest}")) }
        for number in 0..<100_000 {
            let topic = try Topic("tenants/\(number % 2000)/items/\(number)")
            let matches = index.matches(topic)
            guard matches.count == (number % 2000 < 1000 ? 1 : 0) else {
                Issue.record("\(topic) has \(matches.count) matches")
                return
            }
        }
        #expect(index.evaluations == 50_000)
    }

    @Test func `what it answers is what each template answers for itself`() throws {
        var random = SeededGenerator(seed: 7)
        var index = TemplateIndex()
        let templates = [
            "{a}", "{+a}", "a/{b}", "a/b{c}", "a{/b*}", "{a}/{b}", "a/{b}/c", "a{?q}", "ab/{x}", "b/{y:1}",
        ]
        let topics = ["a", "a/b", "a/b/c", "ab/c", "b/y", "b/yy", "a?q=1", "a/", "q", "ä"]
        var used: [TemplateIndex.Entry] = []
        for _ in 0..<5000 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0: used.append(index.retain(try URITemplate(templates.randomElement(using: &random)!)))
            case 1 where !used.isEmpty: index.release(used.remove(at: Int.random(in: 0..<used.count, using: &random)))
            default:
                let topic = try Topic(topics.randomElement(using: &random)!)
                let expected = Set(used.map(\.template)).filter { $0.matches(topic) }.map(\.text).sorted()
                #expect(self.texts(index.matches(topic)) == expected)
            }
        }
    }
}

@Suite struct RecentCacheTests {
    @Test func `what is looked up again stays, what isn't goes`() {
        var cache = RecentCache<Int, Int>(capacity: 10)
        cache.insert(-1, for: -1)
        for number in 0..<1000 {
            cache.insert(number, for: number)
            #expect(cache.value(for: -1) == -1)
            #expect(cache.count <= 20)
        }
        #expect(cache.value(for: 999) == 999)
        #expect(cache.value(for: 0) == nil)
    }

    @Test func `an entry that costs more than there is room for is held alone`() {
        var cache = RecentCache<String, Int>(capacity: 10)
        cache.insert(1, for: "large", cost: 100)
        #expect(cache.value(for: "large", cost: 100) == 1)
        cache.insert(2, for: "small")
        cache.insert(3, for: "smaller")
        #expect(cache.value(for: "small") == 2 && cache.value(for: "smaller") == 3)
    }

    @Test func `what is inserted again has its new value, whichever generation it was in`() {
        var cache = RecentCache<Int, Int>(capacity: 2)
        for number in 0..<3 { cache.insert(number, for: number) }
        cache.insert(9, for: 0)
        #expect(cache.value(for: 0) == 9)
        cache.remove(0)
        #expect(cache.value(for: 0) == nil)
    }
}
