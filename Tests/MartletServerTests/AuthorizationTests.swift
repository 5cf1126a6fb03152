import Foundation
import Martlet
import NIOCore
import Testing

@testable import MartletServer

@Suite("Requests with tokens", .timeLimit(.minutes(2)))
struct AuthorizationTests {
    struct Case: CustomTestStringConvertible {
        var method = "POST"
        var target = ServedHub.path
        var fields = ""
        var body: String? = "topic=a"
        var status: Int
        var text = ""
        var testDescription: String { "\(self.method) \(self.target) \(self.fields) \(self.body?.prefix(80) ?? "")" }
    }

    /// What is looked at first, and what then. The token covers `a` and `books/{id}`.
    static let order: [Case] = [
        Case(status: 200),
        Case(target: "/topics/books/1", body: "x", status: 200),
        // The token, by the head alone.
        Case(fields: "Authorization: Bearer x\r\n", status: 401, text: "A token is three parts"),
        Case(fields: "Authorization: Basic dTpw\r\n", status: 401, text: "The Authorization header must be one"),
        Case(fields: "Authorization: Bearer x\r\n", body: "data=nothing", status: 401),
        Case(
            fields: "Authorization: Bearer x\r\nContent-Type: image/png\r\n",
            body: "topic=/.well-known/mercure",
            status: 401
        ),
        // Then the body.
        Case(body: "data=nothing", status: 400),
        Case(body: "topic=/.well-known/mercure&topic=", status: 400),
        Case(body: "topic=nobody's&id=%00", status: 400),
        Case(fields: "Content-Type: image/png\r\n", status: 415),
        Case(fields: "Content-Type: image/png\r\n", body: "topic=nobody's", status: 415),
        Case(body: "topic=a&data=" + String(repeating: "x", count: 1 << 20), status: 413),
        // Then whose topics they are.
        Case(body: "topic=/.well-known/mercure/subscriptions/x", status: 403),
        Case(body: "topic=a&topic=/.well-known/mercure", status: 403),
        // Then what the token covers: all of them, or it is refused.
        Case(body: "topic=b", status: 401, text: "The token's claim \"publish\" does not cover the topic \"b\".\n"),
        Case(body: "topic=a&topic=b", status: 401),
        Case(target: "/topics/books/1/2", body: "x", status: 401),
        Case(body: "topic=books/{id}&topic=books/7", status: 200),
        Case(
            fields: "Content-Type: application/x-ndjson\r\n",
            body: "{\"topic\":\"a\",\"data\":\"1\"}\n{\"topic\":\"b\",\"data\":\"2\"}\n",
            status: 401
        ),
    ]

    @Test(arguments: order)
    func `A publisher is told of the token first, then of the body, then of its topics`(
        _ sample: Case
    ) async throws {
        let token = try await bearer(publish: ["a", "books/{id}"])
        try await ServedHub.run(access: try await .keyed(anonymous: true)) { hub in
            let fields = sample.fields.contains("Authorization") ? sample.fields : token + sample.fields
            // The second time the token is known.
            for _ in 1...2 {
                let wire = try hub.connect()
                let response = try wire.request(sample.method, sample.target, fields: fields, body: sample.body)
                #expect(response.status == sample.status)
                #expect(response.text.hasPrefix(sample.text))
                #expect(response["WWW-Authenticate"] == (sample.status == 401 ? "Bearer" : nil))
            }
            if sample.status != 200 { #expect(try await hub.hub.lastEventID(grants: [.everything]) == "earliest") }
        }
    }

    @Test func `Without a token nobody publishes, and nobody subscribes unless anybody may`() async throws {
        for anonymous in [true, false] {
            try await ServedHub.run(access: try await .keyed(anonymous: anonymous)) { hub in
                let response = try hub.connect().request("POST", "/topics/a", body: "x")
                #expect(response.status == 401)
                #expect(response["WWW-Authenticate"] == "Bearer")
                #expect(response.text.hasPrefix("A token is needed"))
                let status = try hub.connect().request("HEAD", "/topics/a").status
                #expect(status == (anonymous ? 200 : 401))
                // A bad token is worse than none.
                for fields in ["Authorization: Bearer x\r\n", "Cookie: mercureAuthorization=x\r\n"] {
                    #expect(try hub.connect().request("HEAD", "/topics/a", fields: fields).status == 401)
                }
                #expect(try hub.connect().request("HEAD", "/topics/a?authorization=x").status == 401)
                #expect(hub.endpoint.refusals.all.first { $0.reason == .unauthorized }?.count == (anonymous ? 4 : 5))
            }
        }
    }

    @Test func `A token is taken from the header, the parameter and the cookie`() async throws {
        let access = try await Access.keyed(publishOrigins: ["https://app.example"])
        let token = try await hubToken(publish: ["*"], subscribe: ["*"])
        try await ServedHub.run(access: access) { hub in
            let cookie = "Cookie: a=b; mercureAuthorization=\(token)\r\n"
            let page = "Origin: https://app.example\r\n"
            let foreign = "Origin: https://evil.example\r\n"
            let samples: [(target: String, fields: String, status: Int)] = [
                ("/topics/a", "Authorization: Bearer \(token)\r\n", 200),
                ("/topics/a?authorization=\(token)", "", 200),
                ("/topics/a", cookie + page, 200),
                ("/topics/a", cookie + "Referer: https://app.example/page\r\n", 200),
                ("/topics/a", cookie, 401),
                ("/topics/a", cookie + foreign, 401),
                ("/topics/a", "Authorization: Bearer \(token)\r\n" + foreign, 200),
            ]
            for (target, fields, status) in samples {
                let published = try hub.connect().request("POST", target, fields: fields, body: "x")
                #expect(published.status == status)
                // To subscribe with a cookie, any page will do: whether it may read the answer is for the browser.
                let subscribed = try hub.connect().request("HEAD", target, fields: fields)
                #expect(subscribed.status == 200)
            }
        }
    }

    @Test func `A token for one role is none for the other's key`() async throws {
        let access = Access(
            publishers: try await .secret(),
            subscribers: try await TokenVerifier(algorithm: .es256, key: TokenSamples.p256Public),
            allowsAnonymous: false
        )
        let token = try await bearer(publish: ["*"], subscribe: ["*"])
        try await ServedHub.run(access: access) { hub in
            let wire = try hub.connect()
            #expect(try wire.request("POST", "/topics/a", fields: token, body: "x").status == 200)
            #expect(try wire.request("HEAD", "/topics/a", fields: token).status == 401)
        }
    }

    @Test(arguments: ["{", "books/{id", "a{b}c}"])
    func `A selector that is no template makes the token bad, and a subscription malformed`(
        _ selector: String
    ) async throws {
        let token = try await bearer(subscribe: ["a", selector])
        try await ServedHub.run(access: try await .keyed(anonymous: true)) { hub in
            let response = try hub.connect().request("GET", "/topics/a", fields: token)
            #expect(response.status == 401)
            #expect(response.text.hasPrefix("The token's claim \"subscribe\" has a bad selector: "))
            let encoded = selector.replacing("{", with: "%7B").replacing("}", with: "%7D")
            #expect(try hub.connect().request("GET", "\(ServedHub.path)?topic=\(encoded)").status == 400)
        }
    }

    // MARK: Templates and private updates

    @Test func `A template selects the topics that result from it, and the one spelled like it`() async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect()
            try wire.subscribe("\(ServedHub.path)?topic=https%3A%2F%2Fexample.com%2Fbooks%2F%7Bid%7D%7B%3Fpage%7D")
            let spelled = try hub.connect()
            // In the short form a topic is a topic.
            try spelled.subscribe("/topics/https%3A%2F%2Fexample.com%2Fbooks%2F%7Bid%7D%7B%3Fpage%7D")
            let publisher = try hub.connect()
            for topic in [
                "https://example.com/books/1", "https://example.com/books/1/2", "https://example.org/books/1",
                "https://example.com/books/%C3%A9?page=2", "https://example.com/books/{id}{?page}",
                "https://example.com/books/1?other=2", "https://example.com/books/",
            ] {
                try await hub.hub.publish([Update(topic: Topic(topic), data: topic)])
            }
            _ = try publisher.request("POST", "/topics/https://example.com/books/last", body: "the last")
            let events = try wire.readStream(until: "data: the last\n\n")
            #expect(
                events
                    == [
                        (1, "https://example.com/books/1"), (4, "https://example.com/books/%C3%A9?page=2"),
                        (5, "https://example.com/books/{id}{?page}"), (7, "https://example.com/books/"),
                        (8, "the last"),
                    ].map { "id: test-\($0)\ndata: \($1)\n\n" }.joined()
            )
            #expect(
                try spelled.readChunkText() == "id: test-5\ndata: https://example.com/books/{id}{?page}\n\n"
            )
        }
    }

    @Test func `A private update goes to those who asked for it and were granted it`() async throws {
        let grants: [(name: String, fields: String)] = [
            ("exact", try await bearer(subscribe: ["users/1"])),
            ("template", try await bearer(subscribe: ["users/{id}"])),
            ("everything", try await bearer(subscribe: ["*"])),
            ("alternate", try await bearer(subscribe: ["alternate"])),
            ("other", try await bearer(subscribe: ["users/2"])),
            ("nothing", try await bearer(publish: ["*"])),
            ("nobody", ""),
        ]
        let publisher = try await bearer(publish: ["*"])
        try await ServedHub.run(access: try await .keyed(anonymous: true)) { hub in
            let wires = try grants.map { grant in
                let wire = try hub.connect()
                try wire.subscribe("\(ServedHub.path)?topic=users%2F%7Bid%7D", fields: grant.fields)
                return wire
            }
            let granted = try hub.connect()
            // Granted, but not asked for.
            try granted.subscribe("\(ServedHub.path)?topic=else", fields: try await bearer(subscribe: ["*"]))
            for body in [
                "topic=users/1&topic=alternate&private=on&data=secret", "topic=users/1&topic=else&data=public",
            ] {
                let response = try hub.connect().request("POST", ServedHub.path, fields: publisher, body: body)
                #expect(response.status == 200)
            }
            let (secret, open) = ("id: test-1\ndata: secret\n\n", "id: test-2\ndata: public\n\n")
            for (grant, wire) in zip(grants, wires) {
                let isGranted = ["exact", "template", "everything", "alternate"].contains(grant.name)
                #expect(try wire.readStream(until: open) == (isGranted ? secret : "") + open, "\(grant.name)")
            }
            #expect(try granted.readStream(until: open) == open)
            // From history it is the same.
            for (grant, live) in zip(grants, wires) {
                live.close()
                let wire = try hub.connect()
                try wire.subscribe(
                    "\(ServedHub.path)?topic=users%2F%7Bid%7D&lastEventID=earliest",
                    fields: grant.fields
                )
                let isGranted = ["exact", "template", "everything", "alternate"].contains(grant.name)
                #expect(try wire.readStream(until: open) == (isGranted ? secret : "") + open, "\(grant.name)")
            }
        }
    }

    // MARK: The end of a token

    @Test func `A stream ends in good order when its token does, and the token is no good any more`() async throws {
        try await ServedHub.run(access: try await .keyed()) { hub in
            // From when the server runs, for which a test may have to wait.
            let expires = Date(timeIntervalSinceNow: 3)
            let token = try await bearer(publish: ["*"], subscribe: ["*"], expires: expires)
            let wire = try hub.connect()
            try wire.subscribe("/topics/a", fields: token)
            let lasting = try hub.connect()
            try lasting.subscribe("/topics/a", fields: try await bearer(subscribe: ["*"]))
            #expect(try hub.connect().request("POST", "/topics/a", fields: token, body: "1").status == 200)
            #expect(try wire.readChunkText() == "id: test-1\ndata: 1\n\n")
            #expect(try wire.readChunk() == nil)
            #expect(Date() >= expires)
            #expect(wire.ends())
            #expect(await eventually { hub.openStreams == 1 })
            let response = try hub.connect().request("POST", "/topics/a", fields: token, body: "2")
            #expect(response.status == 401)
            #expect(response.text == "The token has expired.\n")
            #expect(try hub.connect().request("HEAD", "/topics/a", fields: token).status == 401)
            try await hub.hub.publish([Update(topic: Topic("a"), data: "3")])
            #expect(try lasting.readStream(until: "data: 3\n\n").hasSuffix("id: test-2\ndata: 3\n\n"))
        }
    }

    @Test func `A stream ends for its age`() async throws {
        let limits = HubEndpoint.Limits(streamAge: .seconds(1))
        try await ServedHub.run(limits: limits) { hub in
            let wire = try hub.connect()
            try wire.subscribe("/topics/a")
            #expect(try wire.readChunk() == nil)
            #expect(wire.ends())
            #expect(await eventually { hub.openStreams == 0 })
        }
    }
}
