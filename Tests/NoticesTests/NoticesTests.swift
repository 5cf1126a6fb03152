import EventSourceClient
import Foundation
import Hummingbird
import NIOHTTP1
import ServerSentEvents
import Testing

@testable import Notices

struct NoticesTests {
    @Test(.timeLimit(.minutes(1)))
    func `A notice reaches the open page of whom it is for`() async throws {
        try await ServedNotices.run { app in
            let ann = try await app.newUser("ann")
            let bob = try await app.newUser("bob")
            try await app.tell("bob", cookie: ann)
            var events = app.events("users/2/notices", cookie: bob).makeAsyncIterator()
            #expect(try await events.next()?.data == #"{"unread":1}"#)

            // The stream is open: what comes now is pushed.
            try await app.tell("bob", cookie: ann)
            #expect(try await events.next()?.data == #"{"unread":2}"#)
            #expect(try await app.send(.POST, "/notices/read", cookie: bob).status == 204)
            #expect(try await events.next()?.data == #"{"unread":0}"#)
            let list = try await app.send(.GET, "/notices", cookie: bob)
            #expect(list.body.contains(#""sender":"ann""#) && !list.body.contains(#""isRead":false"#))
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `Nobody sees the notices of another`() async throws {
        try await ServedNotices.run { app in
            let ann = try await app.newUser("ann")
            let bob = try await app.newUser("bob")
            for _ in 1...3 { try await app.tell("bob", cookie: ann) }
            for _ in 1...5 { try await app.tell("ann", cookie: bob) }
            // The mark after all of them: had she been sent more than what is hers, it would not be the sixth.
            #expect(try await app.send(.POST, "/notices/read", cookie: ann).status == 204)
            // Ann looks at everything there is, and is told of what is hers only.
            for topic in ["*", "users/{id}/notices", "users/1/notices&topic=users/2/notices"] {
                let data = try await app.events(topic, cookie: ann).first(6)
                #expect(data == [1, 2, 3, 4, 5, 0].map { #"{"unread":\#($0)}"# }, "\(topic)")
            }
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["{x}", "*", "{+id}", "1", "users/1/notices", "../1", "a&topic=*"])
    func `A name that reads like a topic grants nothing beyond one's own`(name: String) async throws {
        try await ServedNotices.run { app in
            let ann = try await app.newUser("ann")
            let odd = try await app.newUser(name)
            for _ in 1...3 { try await app.tell("ann", cookie: odd) }
            for _ in 1...2 { try await app.tell(name, cookie: ann) }
            #expect(try await app.send(.POST, "/notices/read", cookie: odd).status == 204)
            for topic in ["*", "users/{id}/notices", "users/1/notices&topic=users/2/notices"] {
                let data = try await app.events(topic, cookie: odd).first(3)
                #expect(data == [1, 2, 0].map { #"{"unread":\#($0)}"# }, "\(topic)")
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `Whoever is not logged in is told so, by the hub as by the routes`() async throws {
        try await ServedNotices.run { app in
            for (method, path) in [
                ("GET", "/session"), ("GET", "/notices"), ("POST", "/notices"), ("GET", "/.well-known/mercure?topic=*"),
            ] {
                for cookie in [nil, "__Host-session=", "__Host-session=0123", "session=0123", "other=1"] {
                    let answer = try await app.send(.init(rawValue: method), path, cookie: cookie)
                    #expect(answer.status == 401, "\(method) \(path)")
                    #expect(answer.body.contains("Log in first."))
                }
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `Logging out ends the streams of the user, and the client is told why it can't come back`() async throws {
        try await ServedNotices.run { app in
            let ann = try await app.newUser("ann")
            try await app.tell("ann", cookie: ann)
            var events = app.events("users/1/notices", cookie: ann).makeAsyncIterator()
            _ = try await events.next()
            #expect(try await app.send(.DELETE, "/session", cookie: ann).status == 204)
            do {
                while try await events.next() != nil {}
                Issue.record("the client was let in again")
            } catch let error as EventSourceError {
                #expect(error.status == 401)
                #expect(error.body.contains("Log in first."))
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `Nobody publishes past the application, and no page from elsewhere tells anybody anything`() async throws {
        try await ServedNotices.run { app in
            let ann = try await app.newUser("ann")
            let form = "topic=users/1/notices&data=forged"
            let line = #"{"topic":"users/1/notices","data":"forged"}"# + "\n"
            for (type, body) in [("application/x-www-form-urlencoded", form), ("application/x-ndjson", line)] {
                for origin in [nil, app.url, "https://evil.example"] {
                    var headers: HTTPHeaders = ["Content-Type": type]
                    if let origin { headers.add(name: "Origin", value: origin) }
                    let answer = try await app.send(
                        .POST,
                        "/.well-known/mercure",
                        text: body,
                        cookie: ann,
                        headers: headers
                    )
                    #expect(answer.status == 403, "\(type) from \(origin ?? "no page")")
                }
            }
            let foreign = try await app.send(
                .POST,
                "/notices",
                ["to": "ann", "text": "hello"],
                cookie: ann,
                headers: ["Origin": "https://evil.example"]
            )
            #expect(foreign.status == 403)
            // And nothing has come of any of it.
            try await app.tell("ann", cookie: ann)
            #expect(try await app.events("*", cookie: ann).first(1) == [#"{"unread":1}"#])
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `Bad input gets its sentence`() async throws {
        try await ServedNotices.run { app in
            let ann = try await app.newUser("ann")
            #expect(try await app.send(.POST, "/users", ["name": "ann", "password": "12345678"]).status == 409)
            #expect(try await app.send(.POST, "/users", ["name": "", "password": "12345678"]).status == 400)
            #expect(try await app.send(.POST, "/users", ["name": "x", "password": "short"]).status == 400)
            // One character, and 67 bytes.
            let long = "e" + String(repeating: "\u{301}", count: 33)
            #expect(try await app.send(.POST, "/users", ["name": long, "password": "12345678"]).status == 400)
            #expect(try await app.logIn(long, "12345678").status == 401)
            let text = "e" + String(repeating: "\u{301}", count: 500)
            #expect(try await app.send(.POST, "/notices", ["to": "ann", "text": text], cookie: ann).status == 400)
            #expect(try await app.send(.POST, "/session", ["name": "ann", "password": "wrong one"]).status == 401)
            #expect(try await app.send(.POST, "/session", ["name": "nobody", "password": "wrong one"]).status == 401)
            #expect(try await app.send(.POST, "/notices", ["to": "nobody", "text": "hi"], cookie: ann).status == 404)
            #expect(try await app.send(.POST, "/notices", ["to": "ann", "text": ""], cookie: ann).status == 400)
            #expect(try await app.send(.POST, "/notices", ["to": "ann"], cookie: ann).status == 400)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `The page, its script, the client and the health of the hub are served`() async throws {
        try await ServedNotices.run { app in
            for (path, word) in [
                ("/", "<title>Notices"), ("/page.js", "MartletSource"), ("/martlet.js", "MartletSource"),
                ("/readyz", "ready"),
            ] {
                let answer = try await app.send(.GET, path)
                #expect(answer.status == 200 && answer.body.contains(word), "\(path)")
            }
            let policy = try await app.send(.GET, "/").headers.first(name: "Content-Security-Policy") ?? ""
            for rule in ["default-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"] {
                #expect(policy.contains(rule))
            }
        }
    }
}
