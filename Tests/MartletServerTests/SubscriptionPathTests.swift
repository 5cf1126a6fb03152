import HTTPTypes
import Testing

@testable import MartletServer

@Suite("Paths of the subscriptions API")
struct SubscriptionPathTests {
    static let root = "/.well-known/mercure/subscriptions"

    /// Reads what follows the root.
    static func read(_ text: String) throws -> SubscriptionPath {
        try SubscriptionPath(String(text.dropFirst(self.root.count + 1)))
    }

    static let written: [(topic: String, segment: String)] = [
        ("a", "a"),
        ("AZaz09-._~", "AZaz09-._~"),
        ("*", "%2A"),
        ("a b", "a%20b"),
        ("a+b", "a%2Bb"),
        ("a%2Fb", "a%252Fb"),
        ("https://example.com/books/{id}", "https%3A%2F%2Fexample.com%2Fbooks%2F%7Bid%7D"),
        ("?x=y&z#f", "%3Fx%3Dy%26z%23f"),
        ("é", "%C3%A9"),
        ("e\u{301}", "e%CC%81"),
        ("👩‍👧", "%F0%9F%91%A9%E2%80%8D%F0%9F%91%A7"),
        ("\u{1}\t\u{7F}\u{80}", "%01%09%7F%C2%80"),
        ("!'()*", "%21%27%28%29%2A"),
        ("..", ".."),
        ("urn:uuid:0", "urn%3Auuid%3A0"),
    ]

    @Test(arguments: written)
    func `Everything but unreserved characters is written encoded`(_ topic: String, _ segment: String) {
        #expect(SubscriptionPath(topic: topic).text == "\(Self.root)/\(segment)")
        #expect(
            SubscriptionPath(topic: "t", subscriber: topic).text == "\(Self.root)/t/\(segment)"
        )
        #expect(
            SubscriptionPath(topic: topic, subscriber: "urn:uuid:1").text == "\(Self.root)/\(segment)/urn%3Auuid%3A1"
        )
    }

    @Test func `Without topic and subscriber it is the list of all`() throws {
        #expect(SubscriptionPath().text == Self.root)
        #expect(SubscriptionPath.root == Self.root)
        #expect(try SubscriptionPath("") == SubscriptionPath())
    }

    /// Texts of all kinds: each ASCII character, each length of UTF-8, and what could be taken for syntax.
    static let texts: [String] =
        (1...127).map { String(UnicodeScalar(UInt8($0))) }
        + written.map(\.topic)
        + [
            "/", "//", "a/b", "/a/", "%", "%%", "%2", "%2F", "%zz", "?", "#", "\u{80}", "\u{7FF}", "\u{800}",
            "\u{FFFD}",
            "\u{FFFF}", "\u{10000}", "\u{10FFFF}", String(repeating: "☃/", count: 500),
        ]

    @Test(arguments: texts)
    func `Whatever is written is read back byte for byte`(_ text: String) throws {
        let one = try Self.read(SubscriptionPath(topic: text).text)
        #expect(one.topic.map { Array($0.utf8) } == Array(text.utf8))
        #expect(one.subscriber == nil)
        for other in ["a", "a/b", text] {
            let both = try Self.read(SubscriptionPath(topic: text, subscriber: other).text)
            #expect(both.topic.map { Array($0.utf8) } == Array(text.utf8))
            #expect(both.subscriber.map { Array($0.utf8) } == Array(other.utf8))
            let turned = try Self.read(SubscriptionPath(topic: other, subscriber: text).text)
            #expect(turned.topic.map { Array($0.utf8) } == Array(other.utf8))
            #expect(turned.subscriber.map { Array($0.utf8) } == Array(text.utf8))
        }
    }

    static let forms: [(path: String, text: String)] = [
        ("a:b", "a%3Ab"),
        ("a%3ab", "a%3Ab"),
        ("%61", "a"),
        ("a+b", "a%2Bb"),
        ("*", "%2A"),
        ("{id}", "%7Bid%7D"),
        ("a%2fb/c%2Fd", "a%2Fb/c%2Fd"),
        ("a%252Fb", "a%252Fb"),
    ]

    @Test(arguments: forms)
    func `However it is encoded, it has one form`(_ path: String, _ text: String) throws {
        #expect(try SubscriptionPath(path).text == "\(Self.root)/\(text)")
    }

    @Test(arguments: ["/", "/a", "a/", "a//", "a//b", "/a/b", "a/b/", "a/b/c", "a/b//", "//", "///"])
    func `A path of another shape is not found`(_ path: String) {
        let error = #expect(throws: RequestError.self) { try SubscriptionPath(path) }
        #expect(error?.status == .notFound)
        #expect(error?.reason == .notFound)
    }

    @Test(arguments: ["%", "%4", "a%", "%zz", "%2", "a/%", "a/%G0", "%FF", "%C3", "a/%ED%A0%80", "%C0%AF"])
    func `What is wrongly encoded is malformed`(_ path: String) {
        let error = #expect(throws: RequestError.self) { try SubscriptionPath(path) }
        #expect(error?.status == .badRequest)
    }
}
