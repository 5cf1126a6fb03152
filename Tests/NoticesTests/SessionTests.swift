import Foundation
import HTTPTypes
import Hummingbird
import NIOHTTP1
import Testing

@testable import Notices

struct SessionTests {
    @Test(.timeLimit(.minutes(1)), arguments: [true, false])
    func `The cookie is this host's alone and for TLS, unless the program is told otherwise`(
        isSecure: Bool
    ) async throws {
        try await ServedNotices.run(cookieIsSecure: isSecure) { app in
            _ = try await app.newUser("ann")
            let answer = try await app.logIn("ann", "correct horse")
            let set = try #require(answer.setCookie)
            let attributes = Set(set.split(separator: ";").dropFirst().map { $0.trimmingCharacters(in: .whitespaces) })
            #expect(set.hasPrefix(isSecure ? "__Host-session=" : "session="))
            #expect(attributes.contains("Secure") == isSecure)
            #expect(attributes.isSuperset(of: ["HttpOnly", "Path=/", "SameSite=Lax"]))
            #expect(!attributes.contains { $0.hasPrefix("Domain") })

            let known = try await app.send(.GET, "/session", cookie: answer.cookie)
            #expect(known.status == 200 && known.body.contains(#""id":1"#) && known.body.contains(#""name":"ann""#))
            // The value under the other name is nobody's.
            let value = try #require(answer.cookie?.split(separator: "=").last)
            let other = (isSecure ? "session=" : "__Host-session=") + value
            #expect(try await app.send(.GET, "/session", cookie: other).status == 401)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `Logging out takes the cookie away, also one whose session is over`() async throws {
        try await ServedNotices.run { app in
            let ann = try await app.newUser("ann")
            let bob = try await app.newUser("bob")
            for cookie in [ann, ann, "__Host-session=0123", nil] {
                let answer = try await app.send(.DELETE, "/session", cookie: cookie)
                #expect(answer.status == 204)
                #expect(answer.cookie == "__Host-session=")
                #expect(answer.setCookie?.contains("Max-Age=0") == true)
                #expect(answer.setCookie?.contains("Secure") == true)
            }
            #expect(try await app.send(.GET, "/session", cookie: ann).status == 401)
            #expect(try await app.send(.GET, "/session", cookie: bob).status == 200)
        }
    }

    @Test(
        arguments: [
            (.post, [:], true),
            (.post, [.origin: "http://app.example"], true),
            (.post, [.origin: "https://app.example"], true),
            (.post, [.origin: "https://evil.example"], false),
            (.post, [.origin: "https://app.example.evil.example"], false),
            (.post, [.origin: "null"], false),
            (.post, [.origin: ""], false),
            (.get, [.origin: "https://evil.example"], false),
            (.post, [.site: "cross-site"], false),
            (.delete, [.site: "same-site"], false),
            (.post, [.site: "anything"], false),
            (.post, [.site: "same-origin"], true),
            (.post, [.site: "none"], true),
            // A link on another site.
            (.get, [.site: "cross-site"], true),
            (.head, [.site: "cross-site"], true),
        ] as [(HTTPRequest.Method, HTTPFields, Bool)]
    )
    func `Pages of other origins change nothing`(method: HTTPRequest.Method, headers: HTTPFields, isAllowed: Bool) {
        let head = HTTPRequest(
            method: method,
            scheme: "https",
            authority: "app.example",
            path: "/",
            headerFields: headers
        )
        #expect(SameOrigin<BasicRequestContext>.allows(head) == isAllowed)
    }

    @Test func `An origin is no host's if the request names none, and two are none's`() {
        var head = HTTPRequest(method: .post, scheme: nil, authority: nil, path: "/")
        #expect(SameOrigin<BasicRequestContext>.allows(head))
        head.headerFields[.origin] = "https://evil.example"
        #expect(!SameOrigin<BasicRequestContext>.allows(head))
        head.headerFields[.origin] = "http://"
        #expect(!SameOrigin<BasicRequestContext>.allows(head))
        head.authority = "app.example"
        head.headerFields[values: .origin] = ["https://app.example", "https://evil.example"]
        #expect(!SameOrigin<BasicRequestContext>.allows(head))
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["cross-site", "same-site"])
    func `A form on another site tells nobody anything, also without an origin`(site: String) async throws {
        try await ServedNotices.run { app in
            let ann = try await app.newUser("ann")
            let notice = ["to": "ann", "text": "hello"]
            let headers: HTTPHeaders = ["Sec-Fetch-Site": site]
            #expect(try await app.send(.POST, "/notices", notice, cookie: ann, headers: headers).status == 403)
            #expect(try await app.send(.DELETE, "/session", cookie: ann, headers: headers).status == 403)
            #expect(try await app.send(.GET, "/", headers: headers).status == 200)
            #expect(try await app.send(.GET, "/notices", cookie: ann).body.contains(#""list":[]"#))
        }
    }
}

extension HTTPField.Name {
    fileprivate static var site: Self { Self("Sec-Fetch-Site")! }
}
