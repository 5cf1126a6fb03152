import HTTPTypes
import NIOCore
import Testing

@testable import MartletServer

@Suite("What a hub without keys refuses")
struct LoopbackRuleTests {
    static func refusal(
        host: String?,
        _ fields: HTTPFields = [:],
        from peer: SocketAddress? = nil,
        allowing pages: CORSPolicy = CORSPolicy(),
        known: String? = nil
    ) -> RequestError? {
        let request = HTTPRequest(method: .get, scheme: "http", authority: host, path: "/", headerFields: fields)
        do throws(RequestError) {
            try LoopbackRule.check(request, from: peer, allowing: pages, known: known)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [
        nil, "localhost", "LOCALHOST", "LocalHost:8080", "localhost:0", "hub.localhost", "a.b.LOCALHOST:80",
        "127.0.0.1",
        "127.0.0.1:8080", "127.1.2.3", "127.255.255.255:65535", "[::1]", "[::1]:8080", "[0:0:0:0:0:0:0:1]:80",
        "[0000::0001]", "[::ffff:127.0.0.1]", "[::FFFF:127.9.8.7]:80",
    ])
    func `A host that is this machine is served`(_ host: String?) {
        #expect(Self.refusal(host: host) == nil)
    }

    @Test func `A host that a connection has passed with lets in that host and nothing else`() {
        #expect(Self.refusal(host: "localhost:8080", known: "localhost:8080") == nil)
        #expect(Self.refusal(host: "127.0.0.1", known: "localhost:8080") == nil)
        let known = "k.localhost"
        for host in ["example.com", "k.localhost.example.com", "\u{212A}.localhost.", "k.localhost\u{301}", ""] {
            #expect(Self.refusal(host: host, known: known)?.status == .forbidden)
        }
        #expect(Self.refusal(host: known, [.xForwardedFor: "10.0.0.1"], known: known)?.status == .forbidden)
        #expect(Self.refusal(host: known, [.origin: "https://example.com"], known: known)?.status == .forbidden)
        #expect(Self.refusal(host: known, [.secFetchSite: "cross-site"], known: known)?.status == .forbidden)
    }

    @Test(arguments: [
        "example.com", "example.com:8080", "localhost.evil.com", "localhost.evil.com:8080", "127.0.0.1.evil.com",
        "evil.com.", "evillocalhost", "localhost-evil", "localhosts", "evil.com:127", "localhostevil.com",
        // A name's trailing dot is not what browsers take for loopback without asking.
        "localhost.", "hub.localhost.", "127.0.0.1.", "localhost..",
        // Other ways to write 127.0.0.1, that resolvers know and nobody writes in good faith.
        "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "127.0.0.01", "127.0.0.1.1",
        // Not loopback.
        "0.0.0.0", "0", "128.0.0.1", "126.255.255.255", "10.0.0.1", "169.254.169.254", "[::]", "[::2]", "[fe80::1]",
        "[::127.0.0.1]", "[::ffff:128.0.0.1]", "[::ffff:0.0.0.0]", "[fe80::1%lo]", "[::1%lo]", "[64:ff9b::127.0.0.1]",
        // Whose host is another than it seems.
        "localhost@evil.com", "evil.com@localhost", "localhost:80@evil.com", "user:secret@localhost", "@localhost",
        "localhost/", "localhost/evil.com", "evil.com/localhost", "localhost?evil.com", "localhost#evil.com",
        "evil.com#.localhost", "evil.com?.localhost", "localhost\\evil.com", "localhost evil.com", "localhost,evil.com",
        "localhost;evil.com", "localhost%2Eevil.com", "localhost%00.evil.com", "[::1].evil.com", "[::1]evil.com",
        "evil.com[::1]", "[evil.com]", "[127.0.0.1]", "[localhost]",
        // No host at all.
        "", ":8080", "null", "*", "::1", "::1:8080", "[::1", "::1]", "[]", "[[::1]]", "localhost:", "localhost:x",
        "localhost:-1", "localhost:65536", "localhost:80:80", "[::1]:", "[::1]:80:80", "http://localhost",
        // Letters that look like, or decompose to, those of localhost.
        "ｌｏｃａｌｈｏｓｔ", "loca\u{217C}host", "localhost\u{301}", "ſocalhost", "127。0。0。1",
    ])
    func `Any other host is refused`(_ host: String) {
        let error = Self.refusal(host: host)
        #expect(error?.status == .forbidden)
        #expect(error?.message.hasPrefix("The host ") == true)
    }

    @Test(arguments: [
        "http://localhost", "http://localhost:3000", "https://LOCALHOST", "HTTP://localhost:80",
        "http://app.localhost:5173",
        "http://127.0.0.1", "https://127.0.0.1:8443", "http://127.8.9.10", "http://[::1]", "http://[::1]:5173",
        "http://[::ffff:127.0.0.1]", "tauri://localhost",
    ])
    func `A page of this machine is served`(_ origin: String) {
        #expect(Self.refusal(host: "localhost", [.origin: origin]) == nil)
    }

    @Test(arguments: [
        "null", "NULL", "", "*", "localhost", "localhost:3000", "127.0.0.1", "//localhost", "http:localhost",
        "http:/localhost", "http://", "http://:80", "file://", "about:blank", "data:text/html,x",
        "blob:http://localhost",
        "http://evil.com", "https://evil.com:8080", "http://localhost.evil.com", "http://127.0.0.1.evil.com",
        "http://evil.com/http://localhost", "http://evil.com#localhost", "http://evil.com?.localhost",
        "http://localhost@evil.com", "http://evil.com@localhost", "http://localhost:80@evil.com", "http://localhost/",
        "http://localhost/evil", "http://localhost?x", "http://localhost#x", "http://localhost.", "http://127.0.0.1.",
        "http://127.1", "http://2130706433", "http://0x7f000001", "http://0.0.0.0", "http://[::]", "http://localhost:",
        "http://localhost:99999", "http://localhost http://evil.com", "http://evil.com http://localhost",
        "http://localhost, http://evil.com", "chrome-extension://abcdefghijklmnop", "http\u{FF1A}//localhost",
    ])
    func `Any other page is refused`(_ origin: String) {
        let error = Self.refusal(host: "localhost", [.origin: origin])
        #expect(error?.status == .forbidden)
        #expect(error?.message.hasPrefix("Pages of the origin ") == true)
    }

    @Test(arguments: ["127.0.0.1", "127.200.0.1", "::1", "::ffff:127.0.0.1"])
    func `A connection from this machine is served`(_ peer: String) throws {
        #expect(Self.refusal(host: "localhost", from: try SocketAddress(ipAddress: peer, port: 1)) == nil)
    }

    @Test(arguments: [
        "192.0.2.1", "10.0.0.1", "0.0.0.0", "128.0.0.1", "::", "2001:db8::1", "::ffff:192.0.2.1", "fe80::1",
    ])
    func `A connection from elsewhere is refused, whatever it says`(_ peer: String) throws {
        let address = try SocketAddress(ipAddress: peer, port: 1)
        for fields: HTTPFields in [[:], [.xForwardedFor: "127.0.0.1"], [.origin: "http://localhost"]] {
            let error = Self.refusal(host: "localhost", fields, from: address)
            #expect(error?.status == .forbidden)
            #expect(error?.message.hasPrefix("The request comes from elsewhere.") == true)
        }
    }

    @Test(arguments: [
        (["127.0.0.1"], true), (["::1"], true), (["[::1]:8080"], true), (["127.0.0.1:80"], true),
        (["127.0.0.1, ::1"], true), (["127.0.0.1", " 127.0.0.2 "], true), (["192.0.2.1"], false),
        (["127.0.0.1, 192.0.2.1"], false), (["192.0.2.1, 127.0.0.1"], false), (["127.0.0.1", "192.0.2.1"], false),
        (["192.0.2.1", "127.0.0.1"], false), (["unknown"], false), (["127.0.0.1.evil.com"], false),
    ])
    func `A proxy that speaks for somebody elsewhere is refused`(_ values: [String], _ isServed: Bool) throws {
        var fields: HTTPFields = [:]
        for value in values { fields.append(HTTPField(name: .xForwardedFor, value: value)) }
        let error = Self.refusal(host: "localhost", fields, from: try SocketAddress(ipAddress: "127.0.0.1", port: 1))
        #expect((error == nil) == isServed)
    }

    @Test func `Pages that the operator has listed may come, and no others`() {
        let pages = CORSPolicy(origins: ["https://app.example"])
        let crossSite: HTTPFields = [
            .origin: "https://app.example", .secFetchSite: "cross-site", .secFetchMode: "cors",
        ]
        #expect(Self.refusal(host: "localhost", crossSite, allowing: pages) == nil)
        #expect(Self.refusal(host: "localhost", crossSite)?.status == .forbidden)
        #expect(Self.refusal(host: "evil.com", crossSite, allowing: pages)?.status == .forbidden)
        for origin in ["https://evil.example", "http://app.example", "null", "https://app.example.evil.example"] {
            #expect(Self.refusal(host: "localhost", [.origin: origin], allowing: pages)?.status == .forbidden)
        }
        // That anybody may read answers with a token does not let anybody in without one.
        let anybody = CORSPolicy(allowsAnyOrigin: true)
        #expect(Self.refusal(host: "localhost", [.origin: "https://app.example"], allowing: anybody) != nil)
        for fields: HTTPFields in [
            [.origin: "https://app.example", .origin: "https://evil.example"],
            [.origin: "https://evil.example", .origin: "https://app.example"],
        ] {
            #expect(Self.refusal(host: "localhost", fields, allowing: pages)?.status == .forbidden)
        }
    }

    @Test func `Each of several origins has to be this machine's`() {
        #expect(Self.refusal(host: "localhost", [.origin: "http://localhost", .origin: "http://127.0.0.1"]) == nil)
        for fields: HTTPFields in [
            [.origin: "http://localhost", .origin: "http://evil.com"],
            [.origin: "http://evil.com", .origin: "http://localhost"],
        ] {
            #expect(Self.refusal(host: "localhost", fields)?.status == .forbidden)
        }
    }

    static let fetches: [(site: String?, mode: String?, isServed: Bool)] = [
        (nil, nil, true),
        (nil, "no-cors", true),
        ("none", "navigate", true),
        ("same-origin", "cors", true),
        ("same-origin", "no-cors", true),
        ("same-site", "cors", true),
        ("same-site", "no-cors", true),
        ("cross-site", "navigate", true),
        ("cross-site", "no-cors", false),
        ("cross-site", "cors", false),
        ("cross-site", "same-origin", false),
        ("cross-site", "websocket", false),
        ("cross-site", "", false),
        ("cross-site", nil, false),
    ]

    @Test(arguments: fetches)
    func `What another site's page has fetched is refused, a link to here is not`(
        _ site: String?,
        _ mode: String?,
        _ isServed: Bool
    ) {
        var fields: HTTPFields = [:]
        fields[.secFetchSite] = site
        fields[.secFetchMode] = mode
        let error = Self.refusal(host: "localhost", fields)
        #expect((error == nil) == isServed)
        #expect(isServed || error?.status == .forbidden)
        // It excuses neither a foreign host nor a foreign origin.
        #expect(Self.refusal(host: "evil.com", fields)?.status == .forbidden)
        fields[.origin] = "http://evil.com"
        #expect(Self.refusal(host: "localhost", fields)?.status == .forbidden)
    }
}
