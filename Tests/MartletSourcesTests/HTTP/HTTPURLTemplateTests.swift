import Testing

@testable import MartletSources

@Suite("The URL of an http source")
struct HTTPURLTemplateTests {
    @Test(
        "is read, or refused with a sentence",
        arguments: [
            ("https://api.example", nil),
            ("HTTPS://api.example:8443/users/{id}?lang={lang}", nil),
            ("http://[::1]:8080/{a}{b}", nil),
            ("http://host?q={q}", nil),
            ("ftp://host/", "it must begin with http:// or https://"),
            ("/users/{id}", "it must begin with http:// or https://"),
            ("{scheme}://host/", "it must begin with http:// or https://"),
            ("http://{host}/", "its host and port must have no variable"),
            ("http://host:{port}/", "its host and port must have no variable"),
            ("http://host{path}", "its host and port must have no variable"),
            ("http://user:password@host/", "a user and password belong in a header, such as Authorization"),
            ("http:///users", "it has no host"),
            ("http://:80/", "it has no host"),
            ("http://ho%73t/", "its host must not be percent-encoded"),
            ("http://host/#{id}", "a fragment is not sent to a server"),
            ("http://host/a b", "the byte 0x20 must be percent-encoded"),
            ("http://host/a\\b", "the byte 0x5c must be percent-encoded"),
            ("http://host/\r\nX: y", "the byte 0xd must be percent-encoded"),
            ("http://host/ü", "the byte 0xc3 must be percent-encoded"),
            ("http://host/{id", "a { is not closed"),
            ("http://host/id}", "a } has no {"),
            ("http://host/{}", "{} is not understood, only {name} is"),
            ("http://host/{+path}", "{+path} is not understood, only {name} is"),
            ("http://host/{?q}", "{?q} is not understood, only {name} is"),
            ("http://host/{a,b}", "{a,b} is not understood, only {name} is"),
            ("http://host/{a*}", "{a*} is not understood, only {name} is"),
            ("http://host/100%/x", "a % must be followed by two hex digits"),
            ("http://host/a/../b", "its path must have no segment . or .."),
            ("http://host/a/%2E%2e/b", "its path must have no segment . or .."),
        ] as [(String, String?)]
    )
    func isRead(_ text: String, _ problem: String?) {
        do throws(SourceProblem) {
            _ = try HTTPURLTemplate(text)
            #expect(problem == nil)
        } catch {
            #expect(error.message == problem.map { "\"\(HTTPURLTemplate.shown(text))\" is no URL to ask: \($0)" })
            #expect(error.code == .refused)
        }
    }

    @Test func `has its variables in order`() throws {
        #expect(try HTTPURLTemplate("http://h/{a}/x{b_1}?q={c.d}").variables == ["a", "b_1", "c.d"])
    }

    @Test func `gets a path where it has none`() throws {
        #expect(try HTTPURLTemplate("http://h").url(for: [:]) == "http://h/")
        #expect(try HTTPURLTemplate("http://h?q={q}").url(for: ["q": "1"]) == "http://h/?q=1")
    }

    @Test func `needs a value for each variable`() throws {
        let template = try HTTPURLTemplate("http://h/{id}")
        #expect(throws: SourceProblem(.refused, "cannot ask http://h/{id}: the topic has no \"id\"")) {
            try template.url(for: ["other": "1"])
        }
    }

    @Test func `keeps its query, which may hold a key, out of messages`() throws {
        let template = try HTTPURLTemplate("http://h/{id}?key=secret&q={q}")
        let dots = SourceProblem(
            .refused,
            "cannot ask http://h/{id}?…: the variable \"id\" would lead to another directory"
        )
        #expect(throws: dots) { try template.url(for: ["id": "..", "q": "1"]) }
        #expect(throws: SourceProblem(.refused, "cannot ask http://h/{id}?…: the topic has no \"q\"")) {
            try template.url(for: ["id": "1"])
        }
        let problem = SourceProblem(.refused, "\"http://h/?…\" is no URL to ask: a fragment is not sent to a server")
        #expect(throws: problem) { try HTTPURLTemplate("http://h/?key=secret#{id}") }
        let malformed = SourceProblem(.refused, "\"http://h/{id?…\" is no URL to ask: a { is not closed")
        #expect(throws: malformed) { try HTTPURLTemplate("http://h/{id?key=secret") }
    }

    @Test func `lets an empty value be a parameter's`() throws {
        #expect(try HTTPURLTemplate("http://h/?q={q}").url(for: ["q": ""]) == "http://h/?q=")
    }

    @Test(
        "is not led elsewhere by literals and values that make dots together",
        arguments: [
            ("http://h/{a}{b}/x", ".", "."), ("http://h/.{a}/x{b}", ".", "1"), ("http://h/%2e{a}/x{b}", ".", "1"),
        ]
    )
    func dots(_ text: String, _ a: String, _ b: String) throws {
        let template = try HTTPURLTemplate(text)
        #expect(throws: SourceProblem.self) { try template.url(for: ["a": a, "b": b]) }
    }

    @Test("keeps a value where it belongs", arguments: HostileValue.all)
    func hostile(_ hostile: HostileValue) throws {
        let (value, encoded) = (hostile.value, hostile.encoded)
        let path = try HTTPURLTemplate("http://host:81/a/{v}/b?c=d")
        if let encoded {
            #expect(try path.url(for: ["v": value]) == "http://host:81/a/\(encoded)/b?c=d")
        } else {
            #expect(throws: SourceProblem.self) { try path.url(for: ["v": value]) }
        }
        let query = try HTTPURLTemplate("http://host:81/a?v={v}&c=d")
        #expect(try query.url(for: ["v": value]) == "http://host:81/a?v=\(HTTPURLTemplate.encoded(value))&c=d")
    }

    @Test(
        "redirects only within its origin",
        arguments: [
            ("/b", "http://host:81/b"), ("b?x#frag", "http://host:81/a/b?x"), ("../b", "http://host:81/b"),
            ("http://host:81/c", "http://host:81/c"), ("HTTP://HOST:81/c", "HTTP://HOST:81/c"),
            ("http://host/c", nil), ("https://host:81/c", nil), ("//evil.example:81/", nil),
            ("//host:81/x", "http://host:81/x"),
            ("http://host:81@evil.example/", nil), ("http://user@host:81/", nil), ("file:///etc/passwd", nil),
            ("http://host.evil.example:81/", nil), ("\\\\evil.example", nil), ("http:///x", nil),
            ("javascript:alert(1)", nil), ("http://127.0.0.1:81/", nil),
        ] as [(String, String?)]
    )
    func redirects(_ location: String, _ target: String?) throws {
        let origin = try #require(HTTPOrigin("http://host:81/"))
        let found = origin.target(of: location, at: "http://host:81/a/x")
        if location.contains("\\") {
            // Whatever it is taken for, it is on this server.
            #expect(found?.hasPrefix("http://host:81/") ?? true)
        } else {
            #expect(found == target)
        }
    }
}
