import NIOHTTP1
import Testing

@testable import EventSourceClient

@Suite struct RedactedURLTests {
    @Test(arguments: [
        ("https://h.example:8443/a/b", "https://h.example:8443/a/b"),
        ("https://h/a?authorization=secret", "https://h/a"), ("https://h?secret", "https://h"),
        ("https://h/a#secret", "https://h/a"), ("https://h/a?\u{301}secret", "https://h/a"),
        ("https://user:secret@h/a", "https://h/a"), ("https://secret@h:1", "https://h:1"),
        ("https://user:sec@ret@h/a?b", "https://h/a"), ("https://@h/", "https://h/"),
        ("https://h/@name/feed", "https://h/@name/feed"), ("https://[::1]:80/x@y", "https://[::1]:80/x@y"),
        ("user:secret@h/a", "h/a"), ("/a?u=http://b@c", "/a"), ("no URL", "no URL"), ("", ""),
    ])
    func `user, password and query are left out, whatever the text is`(url: String, shown: String) {
        #expect(Array(redactedURL(url).utf8) == Array(shown.utf8))
    }

    @Test(
        arguments: [
            ("https://user:secret@h/", "user:secret@"), ("HTTP://user@h?x@y", "user@"), ("http://a@b@h", "a@b@"),
            ("https://@h", "@"), ("https://h/a@b", nil), ("https://h?a@b", nil), ("https://h#a@b", nil), ("", nil),
        ] as [(String, String?)]
    )
    func `a user is what stands before the host`(url: String, user: String?) {
        #expect(userinfo(of: url).map { String(url[$0]) } == user)
    }

    @Test func `a location that is quoted has no secrets either`() throws {
        var target = try RequestTarget("http://h/?secret", headers: [:])
        let error = #expect(throws: EventSourceError.self) {
            try target.follow(.found, to: "ftp://user:secret@elsewhere.example/a?secret")
        }
        #expect(error?.message.contains("ftp://elsewhere.example/a") == true)
        #expect(error?.message.contains("secret") == false)
    }
}
