import ArgumentParser
import Testing

@testable import MartletCLI

@Suite struct CommandLineTests {
    @Test(arguments: [
        ("http://h/p", [], "http://h/p"),
        ("http://h/p?a=b#c", [], "http://h/p?a=b#c"),
        ("http://h/p", ["t"], "http://h/p?topic=t"),
        ("http://h/p?a=b", ["t", "u"], "http://h/p?a=b&topic=t&topic=u"),
        ("http://h/p?", ["t"], "http://h/p?topic=t"),
        ("http://h/p?a&", ["t"], "http://h/p?a&topic=t"),
        ("http://h/p#f?x", ["t"], "http://h/p?topic=t#f?x"),
        ("http://h/p", ["users/{id}&ü *"], "http://h/p?topic=users%2F%7Bid%7D%26%C3%BC%20%2A"),
    ])
    func `topics are appended to the query`(url: String, topics: [String], result: String) {
        #expect(appendingTopics(topics, to: url) == result)
    }

    @Test(arguments: [
        ("http://h", "http://h/.well-known/mercure"), ("http://h:1/", "http://h:1/.well-known/mercure"),
        ("https://h?a=b", "https://h/.well-known/mercure?a=b"), ("http://h/hub", "http://h/hub"),
        ("http://h/hub/", "http://h/hub/"), ("http://[::1]:8080", "http://[::1]:8080/.well-known/mercure"),
    ])
    func `a hub without a path is at the well-known one`(url: String, result: String) {
        #expect(hubAddress(url) == result)
    }

    @Test func `a form has every byte of its values`() {
        let all = Array(UInt8.min...UInt8.max)
        let form = PublishForm(
            topics: ["a&b", "c d"],
            data: all,
            type: "t=",
            id: "ü",
            isPrivate: true,
            retry: 5
        )
        let text = String(decoding: form.encoded, as: UTF8.self)
        #expect(text.hasPrefix("topic=a%26b&topic=c%20d&type=t%3D&id=%C3%BC&private=on&retry=5&data=%00%01%02"))
        #expect(text.hasSuffix("%FD%FE%FF"))
        #expect(text.contains("%0A%0B%0C%0D") && text.contains("%2B%2C-.%2F0123456789%3A"))
    }

    @Test func `what is not said is not in the form`() {
        let form = PublishForm(topics: ["t"], data: [], type: nil, id: nil, isPrivate: false, retry: nil)
        #expect(String(decoding: form.encoded, as: UTF8.self) == "topic=t&data=")
    }

    @Test(arguments: [
        ("A: b", "A", "b"), ("A:b", "A", "b"), ("A:\t b c \t", "A", "b c"), ("A:", "A", ""), ("X-Y: a:b", "X-Y", "a:b"),
        ("A: ü", "A", "ü"),
    ])
    func `a header is a name, a colon and a value`(argument: String, name: String, value: String) throws {
        let header = try HeaderArgument(argument)
        #expect(header.name == name)
        #expect(header.value == value)
    }

    @Test(arguments: ["", "A", ": b", "A b: c", "A\u{301}: c", "A: b\r\nC: d", "A: \u{0}", "(A): b"])
    func `what cannot be a header is refused`(argument: String) {
        #expect(throws: ValidationError.self) { try HeaderArgument(argument) }
    }

    @Test(arguments: [
        ("no", "", "no"), ("no", "\n\n", "no"), ("no", "first\nsecond", "no: first"),
        ("no", "  \r\n it\r\n", "no:  it"),
    ])
    func `a refusal says the first line of the body`(message: String, body: String, sentence: String) {
        #expect(RefusalSentence(message, body: body).text == sentence)
    }

    @Test(arguments: [
        ("a: not an event stream, but text/\u{9B}2J", "", "a: not an event stream, but text/M-^[2J"),
        ("a: 404 No\u{1B}[2J", "it\u{7}\u{9D}", "a: 404 No^[[2J: it^GM-^]"),
        ("two\nlines", "", "two\n    lines"),
    ])
    func `what a server says of itself moves no cursor`(message: String, body: String, line: String) {
        let sentence = RefusalSentence(message, body: body).text
        #expect(StandardError.line(sentence) == Array("martlet: \(line)\n".utf8))
    }

    @Test(arguments: [
        ["subscribe", "https://user:secret@h/"], ["subscribe", "HTTPS://secret@h?x"],
        ["publish", "--topic", "t", "--hub", "https://user:secret@h", "x"], ["doctor", "https://user:secret@h/"],
        ["doctor", "https://h/", "--publish-url", "https://user:secret@h/"],
        ["bench", "fan-out", "https://user:secret@h"], ["bench", "listen", "https://user:secret@h/feed"],
    ])
    func `a password in a URL is refused and not repeated`(arguments: [String]) {
        let error = #expect(throws: (any Error).self) { _ = try MartletCommand.parseAsRoot(arguments) }
        guard let error else { return }
        #expect(MartletCommand.exitCode(for: error) == .validationFailure)
        let message = MartletCommand.message(for: error)
        #expect(message.contains("--token"))
        #expect(!message.contains("secret"))
    }

    @Test(arguments: [
        ["subscribe", "ftp://user:secret@h/"], ["subscribe", "h?secret"], ["doctor", "http:///x?secret"],
        ["publish", "--topic", "t", "--hub", "ftp://h?secret", "x"],
    ])
    func `what is no URL is refused without its secrets`(arguments: [String]) {
        let error = #expect(throws: (any Error).self) { _ = try MartletCommand.parseAsRoot(arguments) }
        #expect(error.map { MartletCommand.message(for: $0).contains("secret") } == false)
    }

    @Test(arguments: [
        ["h"], ["ftp://h/"], ["http://"], ["http://h/", "--count", "0"], ["http://h/", "--header", "x"],
        ["http://h/", "--header", "Last-Event-ID: 1"], [],
    ])
    func `subscribe refuses what makes no sense`(arguments: [String]) {
        #expect(throws: (any Error).self) { try SubscribeCommand.parse(arguments) }
    }

    @Test(arguments: [
        ["x"], ["--topic", "t", "--hub", "h"], ["--topic", "t", "--retry", "-1"], ["--topic", "t", "a", "b"],
    ])
    func `publish refuses what makes no sense`(arguments: [String]) {
        #expect(throws: (any Error).self) { try PublishCommand.parse(arguments) }
    }

    @Test(arguments: [(["-"], "-"), (["--", "-5"], "-5"), (["a b"], "a b"), ([], nil)] as [([String], String?)])
    func `publish takes data, or a dash, or nothing`(arguments: [String], data: String?) throws {
        #expect(try PublishCommand.parse(["--topic", "t"] + arguments).data == data)
    }
}
