import Testing

@testable import MartletSources

@Suite struct RedisKeyTemplateTests {
    @Test func `variables stand in their places`() throws {
        let template = try RedisKeyTemplate("user:{user_id}:{kind}:{user_id}")
        #expect(template.variables == ["user_id", "kind"])
        #expect(template.key(["user_id": "42", "kind": "a.b"]) == "user:42:a.b:42")
        #expect(try RedisKeyTemplate("plain").key([:]) == "plain")
    }

    /// Whatever stands in a topic, it is one segment of the key, and two variables never make one key.
    @Test(arguments: [
        ("1:admin", "1%3Aadmin"), ("*", "%2A"), ("a b", "a%20b"), ("\r\nDEL x\r\n", "%0D%0ADEL%20x%0D%0A"),
        ("{x}", "%7Bx%7D"),
        ("é", "%C3%A9"), ("%3A", "%253A"), ("\0", "%00"), ("", ""), ("a/b", "a%2Fb"), ("A-Z_0.9~", "A-Z_0.9~"),
        ("'; FLUSHALL", "%27%3B%20FLUSHALL"), ("$(id)", "%24%28id%29"), ("[a-z]", "%5Ba-z%5D"), ("?", "%3F"),
    ])
    func `a variable is no more of a key than its place`(_ value: String, _ expected: String) throws {
        #expect(try RedisKeyTemplate("n:{v}:end").key(["v": value]) == "n:\(expected):end")
    }

    @Test(arguments: ["", "a{", "a{}", "a{b c}", "a}b", "{a"])
    func `a malformed key is refused`(_ text: String) {
        #expect(throws: SourceProblem.self) { try RedisKeyTemplate(text) }
    }
}

/// What a channel's name has for the variables of its template.
@Suite struct RedisChannelNameTests {
    @Test(
        arguments: [
            ("chat:{room}", "chat:7", ["room": "7"]), ("chat:{room}", "chat:a:b/*", ["room": "a:b/*"]),
            ("chat:{room}", "chat:", ["room": ""]), ("chat:{room}", "chats:7", nil), ("chat:{room}", "chat", nil),
            ("{a}:{b}", "1:2:3", ["a": "1", "b": "2:3"]), ("{a}:x", "1:x", ["a": "1"]),
            ("{a}:x", "1:x:x", ["a": "1:x"]),
            ("{a}:x", "1:y", nil), ("{a}{b}", "12", ["a": "", "b": "12"]), ("{a}-{a}", "1-1", ["a": "1"]),
            ("{a}-{a}", "1-2", nil), ("plain", "plain", [:]), ("plain", "plainer", nil),
            ("x{a}y{b}z", "x1y2z", ["a": "1", "b": "2"]),
            ("x{a}y{b}z", "xyz", ["a": "", "b": ""]), ("x{a}y{b}z", "xz", nil), ("{a}", "\u{301}:", ["a": "\u{301}:"]),
        ] as [(String, String, [String: String]?)]
    )
    func `a name is read`(template: String, name: String, values: [String: String]?) throws {
        #expect(try RedisKeyTemplate(template).values(in: name) == values)
    }

    @Test func `a pattern takes its own special characters for what they are`() throws {
        #expect(try RedisKeyTemplate("a*[b]?\\{x}:{y}").pattern == "a\\*\\[b\\]\\?\\\\*:*")
    }
}
