import Testing

@testable import MartletCLI

@Suite struct DoctorTargetTests {
    @Test(arguments: [
        ("http://h", "http://h"), ("https://H.example:443/x", "https://h.example"), ("http://h:443/", "http://h:443"),
        ("https://h:8443/a?b#c", "https://h:8443"), ("http://[::1]:80/", "http://[::1]"), ("HTTP://h/", "http://h"),
    ])
    func `an origin is what a browser compares`(url: String, origin: String) {
        #expect(DoctorTarget(url)?.origin == origin)
    }

    @Test(arguments: ["", "h", "ftp://h/", "http://", "http:///x", "file:///etc/passwd", "http://[::1/"])
    func `what HTTP can't reach is no target`(url: String) {
        #expect(DoctorTarget(url) == nil)
    }

    @Test(arguments: [
        ("http://127.0.0.1/", true), ("http://127.9.9.9:1/", true), ("http://localhost/", true),
        ("http://a.localhost/", true), ("http://[::1]/", true), ("http://localhost.example/", false),
        ("http://10.0.0.1/", false),
    ])
    func `loopback is told from the rest`(url: String, isLoopback: Bool) {
        #expect(DoctorTarget(url)?.isLoopback == isLoopback)
    }

    @Test(arguments: ["https://h/p?authorization=secret#x", "https://user:secret@h/p", "https://h/p#secret"])
    func `a secret is not shown`(url: String) {
        #expect(DoctorTarget(url)?.shown == "https://h/p")
    }

    @Test(arguments: [
        (
            "https://h/.well-known/mercure?topic=a", "https://h/.well-known/mercure?topic=doctor%2Fx",
            "https://h/.well-known/mercure"
        ),
        (
            "https://h/sub/.well-known/mercure?Topic=a&authorization=t&lastEventID=5#f",
            "https://h/sub/.well-known/mercure?authorization=t&topic=doctor%2Fx", "https://h/sub/.well-known/mercure"
        ),
        (
            "http://h:8/topics/a/b?authorization=t", "http://h:8/topics/doctor/x?authorization=t",
            "http://h:8/.well-known/mercure"
        ),
    ])
    func `the hub behind a URL is published to, on a topic of one's own`(
        url: String,
        subscribe: String,
        publish: String
    ) throws {
        let target = try #require(DoctorTarget(url))
        let hub = try #require(DoctorHub(target, publishURL: nil, topic: "doctor/x"))
        #expect(hub.subscribe == subscribe)
        #expect(hub.publish == publish)
        #expect(hub.isGuessed == url.contains("/topics/"))
    }

    @Test(arguments: [
        "https://h/feed", "https://h/", "https://h/forum/topics/7", "https://h/.well-known/mercure/subscriptions",
    ])
    func `elsewhere nothing is published`(url: String) throws {
        #expect(DoctorHub(try #require(DoctorTarget(url)), publishURL: nil, topic: "t") == nil)
    }

    @Test func `where to publish may be said`() throws {
        let target = try #require(DoctorTarget("https://h/stream?room=1"))
        let hub = try #require(DoctorHub(target, publishURL: "https://p/pub", topic: "t"))
        #expect(hub.publish == "https://p/pub")
        #expect(hub.subscribe == "https://h/stream?room=1&topic=t")
        #expect(!hub.isGuessed)
    }
}
