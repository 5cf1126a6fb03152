import Testing

@testable import Martlet

@Suite struct URITemplateTests {
    @Test(arguments: [
        ("users/{id}", "users/"), ("users/{id}", "users/42"), ("users/{id}", "users/1,2"),
        ("users/{id}", "users/%2F"), ("users/{id}", "users/%41%ff"), ("users/{id}/notices", "users//notices"),
        ("{?x,y}", "?x=1"), ("{?x,y}", "?y=2"), ("{?x,y}", "?x=1&y=2"), ("{?x,y}", "?x="), ("{;x}", ";x"),
        ("{;x}", ";x=1"), ("{;x*}", ";a;b=1;x"), ("{?x*}", "?a=1&b="), ("{x*}", "a=1,b=2"), ("{x*}", "a,b"),
        ("{/x*}", "/"), ("{/x*}", "//a"), ("{.x*}", ".a.b=c"), ("{x:3}", "%E2%82%AC%F0%9F%98%80a"),
        ("{x:1}", "%41"), ("{+x:2}", "/%2F"), ("é", "é"), ("é", "%C3%a9"), ("a b{x}", "a b"), ("a b{x}", "a%20b"),
        ("100%", "100%"), ("100%", "100%25"), ("%2f{x}", "%2f"), ("'{var}'", "'value'"), ("{n%41}", "x"),
        ("{?n%41}", "?n%41=x"), ("{a.b}", "x"), ("{+x}", "a/b?c#d"), ("{x}{y}{z}", "abc"), ("plain", "plain"),
        ("{x}/{x}", "1/2"), ("https://example.com/books/{id}", "https://example.com/books/1"),
    ])
    func `a template matches what it expands to for some values`(text: String, topic: String) throws {
        #expect(try URITemplate(text).matches(Topic(topic)))
    }

    @Test(arguments: [
        ("users/{id}", "users"), ("users/{id}", "users/a/b"), ("users/{id}", "users/é"), ("users/{id}", "users/a b"),
        ("users/{id}", "users/a=b"), ("users/{id}", "Users/a"), ("users/{id}", "users/%"), ("users/{id}", "users/%4"),
        ("users/{id}", "users/%4g"), ("users/{id}", "users/{id}"), ("users/{id}/s", "users/s"),
        ("{?x,y}", "?y=2&x=1"), ("{?x,y}", "?"), ("{?x,y}", "?x"), ("{?x,y}", "?x=1&"), ("{?x,y}", "?x=1?y=2"),
        ("{?x,y}", "?z=1"), ("{?x,y}", "&x=1"), ("{?x}", "?X=1"), ("{;x:3}", ";x="), ("{;x*}", ";x="),
        ("{?x*}", "?a=1&b"), ("{?x*}", "?a=1,2"), ("{?x*}", "?a/b=1"), ("{x*}", "a=1,b"), ("{x*}", "a,b=1"),
        ("{x:3}", "abcd"), ("{x:3}", "a,b"), ("{x:3}", "%E2%82%ACabc"), ("{x:1}", "%41%42"), ("{x:1}", "%E2%82%AC%82"),
        ("{x:1}", "%82%82"), ("{+x:2}", "%2F//"), ("é", "e"), ("é", "%C3"), ("é", "É"), ("%2f{x}", "%2F"),
        ("{?n%41}", "?nA=x"), ("{?n%2f}", "?n%2F=x"), ("plain", "plain "), ("plain", "plai"), ("ab{x}bc", "abc"),
        ("{#x}", "a"), ("{.x}", "a"), ("{/x,y}", "/a/b/c"), ("{x,y:1}", "a%2"), ("{&x}", "?x=1"),
    ])
    func `a template does not match anything else`(text: String, topic: String) throws {
        let template = try URITemplate(text)
        #expect(!template.matches(try Topic(topic)))
        #expect(template.variables(in: try Topic(topic)) == nil)
    }

    @Test(arguments: [
        ("users/{id}", "users/"), ("{id}", ""), ("users", "users"), ("a%2f é{x}", "a%2f"), ("50%{x}", "50"),
        ("a{?x}b", "a"),
    ])
    func `its literal prefix ends before whatever may look different`(text: String, prefix: String) throws {
        #expect(try URITemplate(text).literalPrefix == Array(prefix.utf8))
    }

    @Test func `it names its variables in order, each once`() throws {
        let template = try URITemplate("{b}/{a,b:3}{?c.d*,a%20,A,_1}")
        #expect(template.variableNames == ["b", "a", "c.d", "a%20", "A", "_1"])
        #expect(try URITemplate("none").variableNames == [])
    }

    @Test func `templates are equal if their bytes are`() throws {
        let one = try URITemplate("caf\u{E9}/{x}")
        let two = try URITemplate("cafe\u{301}/{x}")
        #expect(one.text == two.text, "Swift takes the texts for equal")
        #expect(one != two)
        #expect(Set([one, two, try URITemplate("caf\u{E9}/{x}")]).count == 2)
        #expect(try URITemplate("{x}") != URITemplate("{y}"))
        #expect(one.description == one.text)
    }
}
