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
