import Martlet
import Testing

@Suite struct URITemplateVariablesTests {
    @Test(arguments: [
        ("users/{user_id}/notices", "users/42/notices", ["user_id": "42"]),
        ("users/{user_id}/notices", "users//notices", ["user_id": ""]),
        ("users/{user_id}/notices", "users/a%20b%2fc%C3%A9/notices", ["user_id": "a b/cé"]),
        ("users/{user_id}/notices", "users/1%27%20OR%201%3D1/notices", ["user_id": "1' OR 1=1"]),
        ("users/{user_id}/notices", "users/1%3B%20DROP%20TABLE%20x--/notices", ["user_id": "1; DROP TABLE x--"]),
        ("users/{user_id}/notices", "users/%252F/notices", ["user_id": "%2F"]),
        ("users/{user_id}/notices", "users/%00%0A/notices", ["user_id": "\0\n"]),
        ("users/{user_id}/notices", "users/1,2/notices", ["user_id": "1,2"]),
        ("users/{user_id}/notices", "users/1,%2C/notices", ["user_id": "1,%2C"]),
        ("{x}{y}", "abc", ["x": "abc", "y": ""]),
        ("{x}a{y}", "aaab", ["x": "aa", "y": "b"]),
        ("{x}.{y}", "a.b.c", ["x": "a.b", "y": "c"]),
        ("{x:2}{y}", "abc", ["x": "ab", "y": "c"]),
        ("{x:1}{y}", "%E2%82%ACb", ["x": "€", "y": "b"]),
        ("{x:2}{y:2}{z:2}", "abc", ["x": "ab", "y": "c", "z": ""]),
        ("{x:1}ab{+z}", "abab", ["x": "", "z": "ab"]),
        ("{x:2}ab{+z}", "abab", ["x": "ab", "z": ""]),
        ("{x:1}{y:1}{+z}", "%E2%82%AC%C3%A9", ["x": "€", "y": "é", "z": ""]),
        ("{x,y}", "1,2", ["x": "1", "y": "2"]),
        ("{x,y}", "1,2,3", ["x": "1", "y": "2,3"]),
        ("{x,y}", "1", ["x": "1", "y": ""]),
        ("{+x}/{y}", "a/b/c", ["x": "a/b", "y": "c"]),
        ("{+x}", "a,b%2C%20", ["x": "a,b, "]),
        ("{?x,y}", "?y=2", ["x": "", "y": "2"]),
        ("{?x,y}", "?x=1&y=", ["x": "1", "y": ""]),
        ("{;x,y}", ";x;y=%20", ["x": "", "y": " "]),
        ("{;x:3}", ";x=abc", ["x": "abc"]),
        ("{?x*}", "?a=1&b=%20", ["x": "a=1&b=%20"]),
        ("{;x*}", ";a;b=1", ["x": "a;b=1"]),
        ("{/x*}/end", "/a/b%2F/end", ["x": "a/b%2F"]),
        ("{/x,y}", "/a/b", ["x": "a", "y": "b"]),
        ("{x}/{x}", "1%20/1%20", ["x": "1 "]),
        ("{x}/{x}", "a/%61", ["x": "a"]),
        ("{/x:1,x}", "/v/value", ["x": "value"]),
        ("{/x,x:1}", "/value/v", ["x": "value"]),
        ("{/x:1,x:3}", "/v/val", ["x": "val"]),
        ("100% {x}", "100%25%20a", ["x": "a"]),
        ("none", "none", [:]),
    ])
    func `the values of the variables are read from a topic`(
        text: String,
        topic: String,
        values: [String: String]
    ) throws {
        #expect(try URITemplate(text).variables(in: Topic(topic)) == values)
    }

    @Test(arguments: [
        ("users/{user_id}/notices", "users/1%27%20OR%201=1/notices"),
        ("users/{user_id}/notices", "users/1' OR 1=1/notices"),
        ("users/{user_id}/notices", "users/../2/notices"),
        ("users/{user_id}/notices", "users/1/notices/notices"),
        ("users/{user_id}/notices", "users/1/notices?x"),
        ("users/{user_id}/notices", "users/1/notices#x"),
        ("users/{user_id}/notices", "x/users/1/notices"),
        ("users/{user_id}/notices", "users/%/notices"),
    ])
    func `what would slip out of a value is no match`(text: String, topic: String) throws {
        #expect(try URITemplate(text).variables(in: Topic(topic)) == nil)
    }

    @Test(arguments: [
        ("{x}/{x}", "1/2"), ("{x}/{x}", "/1"), ("{/x:1,x}", "/a/value"), ("{/x:2,x}", "/v/value"),
        ("{/x:1,x:3}", "/a/val"), ("{x}/{x}", "%C3%A9/e%CC%81"), ("{x}", "%FF"), ("{x}", "%E2%82"),
    ])
    func `values that disagree or are no text are not given, though the topic matches`(
        text: String,
        topic: String
    ) throws {
        let template = try URITemplate(text)
        #expect(template.matches(try Topic(topic)))
        #expect(template.variables(in: try Topic(topic)) == nil)
    }
}
