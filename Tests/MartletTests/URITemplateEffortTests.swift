import Testing

@testable import Martlet

/// Counts steps rather than time: however a template is twisted, each instruction is visited once per byte at most.
@Suite struct URITemplateEffortTests {
    static let twisted: [String] = [
        String(repeating: "{a}", count: 341),
        String(repeating: "{a*}", count: 256),
        String(repeating: "{a:9999}", count: 128),
        String(repeating: "{+a:9999}", count: 113),
        String(repeating: "{/a*}", count: 204),
        String(repeating: "{.a*}", count: 204),
        String(repeating: "{?a*}", count: 204),
        String(repeating: "{+a}a", count: 204),
        "{" + Array(repeating: "a", count: 511).joined(separator: ",") + "}",
        "{;" + Array(repeating: "a", count: 510).joined(separator: ",") + "}",
        "{.a*" + String(repeating: ",a*", count: 339) + "}",
        "{#" + Array(repeating: "a:9999", count: 145).joined(separator: ",") + "}",
        "{" + (10..<310).map { String($0, radix: 36) }.joined(separator: ",") + "}",
        String(repeating: "é", count: 512),
    ]

    private static let units = ["a=a,", "/a.a=", "%E2%82%AC;a"]

    @Test(arguments: Self.twisted)
    func `a topic that fails at its last byte costs at most topic × template steps`(text: String) throws {
        let template = try URITemplate(text)
        let size = template.program.instructions.count
        #expect(size <= 5 * text.utf8.count + 1, "the program is linear in the template")
        for unit in Self.units {
            let topic = try Topic(String(repeating: unit, count: 1023 / unit.utf8.count) + " ")
            let (isMatch, steps) = template.search(topic)
            #expect(!isMatch)
            #expect(steps <= (topic.name.utf8.count + 1) * size)
        }
    }

    @Test func `many lengths of 9999 cost no more than lengths of 1`() throws {
        let topic = try Topic(String(repeating: "a", count: 1023) + " ")
        let few = try URITemplate(String(repeating: "{a:1}", count: 100))
        let many = try URITemplate(String(repeating: "{a:9999}", count: 100))
        #expect(few.program.instructions.count == many.program.instructions.count)
        #expect(many.search(topic).steps <= 1025 * many.program.instructions.count)
        #expect(many.matches(try Topic(String(repeating: "a", count: 1024))))
        #expect(few.matches(try Topic(String(repeating: "a", count: 100))))
        #expect(!few.matches(try Topic(String(repeating: "a", count: 101))))
    }

    @Test func `the long way is read, too`() throws {
        let template = try URITemplate(String(repeating: "{a}", count: 170) + String(repeating: "{b:9}", count: 100))
        let topic = try Topic(String(repeating: "%61", count: 341))
        #expect(template.matches(topic))
        // The first place takes all, so the others disagree.
        #expect(template.variables(in: topic) == nil)
        let names = (0..<190).map { "{v\($0):1}" }.joined().prefix(1020)
        let distinct = try URITemplate(String(names[..<names.index(after: names.lastIndex(of: "}")!)]))
        let count = distinct.variableNames.count
        let values = try #require(distinct.variables(in: try Topic(String(repeating: "x", count: count))))
        #expect(values.count == count)
        #expect(values.values.allSatisfy { $0 == "x" })
    }

    @Test func `what does not begin or end as the template costs nothing`() throws {
        let template = try URITemplate("users/{id}/notices")
        #expect(template.search(try Topic("groups/1/notices")) == (false, 0))
        #expect(template.search(try Topic("users/1/notes")) == (false, 0))
        #expect(template.search(try Topic("users/42/notices")).steps <= 6)
    }
}
