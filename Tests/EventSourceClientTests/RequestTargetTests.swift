import NIOHTTP1
import Testing

@testable import EventSourceClient

@Suite struct RequestTargetTests {
    @Test(arguments: [
        ("http://a.example/x/y?q", "/z", "http://a.example/z"),
        ("http://a.example/x/y?q", "z?p=1", "http://a.example/x/z?p=1"),
        ("http://a.example/x", "//b.example/y", "http://b.example/y"),
        ("http://a.example/x", "https://b.example/y", "https://b.example/y"),
        ("http://a.example/x", "?only", "http://a.example/x?only"),
    ])
    func `a location is resolved against the URL before`(from: String, to: String, result: String) throws {
        var target = try RequestTarget(from, headers: [:])
        try target.follow(.found, to: to)
        #expect(target.url == result)
    }

    @Test(arguments: [nil, "", "ftp://a.example/", "javascript:alert(1)", "file:///etc/passwd", "http://"])
    func `a location that leads nowhere is an error`(location: String?) throws {
        var target = try RequestTarget("http://a.example/", headers: [:])
        let error = #expect(throws: EventSourceError.self) { try target.follow(.found, to: location) }
        #expect(error?.code == .invalidRedirect)
        #expect(error?.status == 302)
    }

    @Test(arguments: ["", "/x", "a.example", "ftp://a.example/", "http:///x", "http://", "unix:/tmp/x", "\u{0}"])
    func `what is no absolute HTTP URL is an error`(url: String) throws {
        let error = #expect(throws: EventSourceError.self) { _ = try RequestTarget(url, headers: [:]) }
        #expect(error?.code == .invalidRequest)
    }

    @Test func `ten redirects are followed, the eleventh is an error`() throws {
        var target = try RequestTarget("http://a.example/0", headers: [:])
        for number in 1...10 { try target.follow(.found, to: "/\(number)") }
        let error = #expect(throws: EventSourceError.self) { try target.follow(.found, to: "/11") }
        #expect(error?.code == .tooManyRedirects)
    }

    @Test(arguments: [
        ("http://a.example/", "http://a.example:80/", true), ("http://a.example/", "HTTP://A.EXAMPLE/x", true),
        ("https://a.example/", "https://a.example:443/", true), ("http://a.example/", "http://a.example:81/", false),
        ("http://a.example/", "https://a.example/", false), ("http://a.example/", "http://b.a.example/", false),
    ])
    func `what authorizes, and a host's name, stay within their origin`(from: String, to: String, keeps: Bool) throws {
        let headers: HTTPHeaders = [
            "authorization": "x", "Cookie": "x", "Proxy-Authorization": "x", "host": "x", "X-Other": "x",
        ]
        var target = try RequestTarget(from, headers: headers)
        try target.follow(.temporaryRedirect, to: to)
        #expect(target.headers.count == (keeps ? 5 : 1))
        #expect(target.headers["X-Other"] == ["x"])
    }

    @Test func `what was dropped does not come back with the first origin`() throws {
        var target = try RequestTarget("http://a.example/", headers: ["Authorization": "x"])
        try target.follow(.found, to: "http://b.example/")
        try target.follow(.found, to: "http://a.example/")
        #expect(target.headers.isEmpty)
    }
}
