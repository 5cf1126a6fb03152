import Testing

@testable import Martlet

@Suite struct URITemplateExpansionTests {
    private static let values = [
        "var": "value", "hello": "Hello World!", "path": "/foo/bar", "half": "50%", "x": "1024", "y": "768",
        "empty": "",
    ]

    /// RFC 6570 §1.2 and §3.2, those whose values are strings.
    @Test(
        "The examples of RFC 6570",
        arguments: [
            ("{var}", "value"), ("{hello}", "Hello%20World%21"), ("{half}", "50%25"), ("O{empty}X", "OX"),
            ("O{undef}X", "OX"), ("{+hello}", "Hello%20World!"), ("{+half}", "50%25"),
            ("{+path}/here", "/foo/bar/here"),
            ("here?ref={+path}", "here?ref=/foo/bar"), ("X{#hello}", "X#Hello%20World!"), ("map?{x,y}", "map?1024,768"),
            ("{+path,x}/here", "/foo/bar,1024/here"), ("X{.x,y}", "X.1024.768"), ("{/var,x}/here", "/value/1024/here"),
            ("{;x,y,empty}", ";x=1024;y=768;empty"), ("{?x,y,empty}", "?x=1024&y=768&empty="),
            ("?fixed=yes{&x}", "?fixed=yes&x=1024"), ("?{x,undef}", "?1024"), ("?{undef,y}", "?768"),
            ("X{.var:3}", "X.val"), ("{/var:1,var}", "/v/value"), ("{#path:6}here", "#/foo/bhere"), ("{?undef}", ""),
        ]
    )
    func examples(template: String, text: String) throws {
        #expect(URITemplateExpansion(try URITemplate(template)).text(with: Self.values) == text)
    }

    @Test("What no URI may hold is encoded", arguments: ["a/b", "1'; --", "ü\n\0", "50%41", "{x}", "..", "a,b"])
    func whatATemplateGivesItReads(value: String) throws {
        let template = try URITemplate("users/{id}/ü")
        let topic = try Topic(URITemplateExpansion(template).text(with: ["id": value]))
        #expect(template.variables(in: topic) == ["id": value])
        #expect(topic.name.split(separator: "/").count == 3)
    }
}
