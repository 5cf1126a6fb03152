import Martlet
import NIOCore
import Testing

@testable import MartletServer

@Suite("The subscriptions API", .timeLimit(.minutes(2)))
struct SubscriptionsTests {
    private static let root = "\(ServedHub.path)/subscriptions"

    /// The only subscriber there is, once it is listed.
    private static func subscriber(of hub: ServedHub) async throws -> ActiveSubscriber {
        var all: [ActiveSubscriber] = []
        _ = try await eventually {
            all = []
            for (eventLoop, shared) in hub.endpoint.loops {
                all += try await eventLoop.submit { shared.value.subscriptions.matching(SubscriptionPath()) }.get()
            }
            return all.count == 1
        }
        return try #require(all.first)
    }

    /// What comes on a stream until a text is in it. The stream's own coming is told there too, before or behind it.
    private static func read(_ wire: Wire, until end: String) throws -> String {
        var text = ""
        while !text.contains(end) {
            guard let chunk = try wire.readChunkText() else { throw Wire.Failure(description: "ended after: \(text)") }
            text += chunk
        }
        return text
    }

    private static func segment(_ id: String) -> String { id.replacing(":", with: "%3A") }

    @Test func `Coming and going is told, and in between a subscriber is listed`() async throws {
        let watcher = try await bearer(subscribe: ["\(Self.root)/{topic}/{subscriber}"])
        let token = try await bearer(subscribe: [], payload: #"{ "user" : 1 }"#)
        let lister = try await bearer(subscribe: ["*"])
        try await ServedHub.run(access: try await .keyed(), subscriptions: true) { hub in
            let listed = try hub.connect()
            try listed.subscribe("\(ServedHub.path)?topic=books%2F%7Bid%7D&topic=a&topic=a", fields: token)
            let one = try await Self.subscriber(of: hub)
            #expect(one.topics == ["books/{id}", "a"])
            #expect(one.payload == #"{"user":1}"#)

            // Its coming was published before; it is the first two of the log.
            let watching = try hub.connect()
            try watching.subscribe(
                "\(ServedHub.path)?topic=\(Self.root)/%7Btopic%7D/%7Bsubscriber%7D&lastEventID=earliest",
                fields: watcher
            )
            let comings = SubscriptionDocument.updates(one, isActive: true).map(\.data)
            let first = try Self.read(watching, until: comings[1] + "\n\n")
            #expect(first.hasPrefix("id: test-1\ndata: \(comings[0])\n\nid: test-2\ndata: \(comings[1])\n\n"))

            let all = try hub.connect().request("GET", "\(Self.root)/books%2f%7bid%7d", fields: lister)
            #expect(all.status == 200)
            #expect(all["Content-Type"] == "application/ld+json")
            #expect(all["Cache-Control"] == "private, no-cache")
            let lastEventID = try await hub.hub.lastEventID(grants: [.everything])
            #expect(all["ETag"] == "\"\(lastEventID)\"")
            #expect(
                all.text
                    == SubscriptionDocument.collection(
                        [one],
                        path: SubscriptionPath(topic: "books/{id}"),
                        lastEventID: lastEventID
                    )
            )
            let path = "\(Self.root)/a/\(Self.segment(one.id))"
            let single = try hub.connect().request("GET", path, fields: lister)
            #expect(single.text == SubscriptionDocument.one(one, topic: "a"))

            listed.close()
            let goings = SubscriptionDocument.updates(one, isActive: false).map(\.data)
            #expect(try Self.read(watching, until: goings[1] + "\n\n").contains("data: \(goings[0])\n\n"))
            #expect(try hub.connect().request("GET", path, fields: lister).status == 404)
        }
    }

    @Test func `An answer that has not changed is not sent again`() async throws {
        let token = try await bearer(publish: ["*"], subscribe: ["*"])
        try await ServedHub.run(access: try await .keyed(), subscriptions: true) { hub in
            let wire = try hub.connect()
            #expect(try wire.request("GET", Self.root, fields: token)["ETag"] == "\"earliest\"")
            _ = try wire.request("POST", "/topics/a", fields: token, body: "x")
            #expect(try wire.request("GET", Self.root, fields: token)["ETag"] == "\"test-1\"")
            for (tags, status) in [
                ("\"test-1\"", 304), ("W/\"test-1\"", 304), ("*", 304), ("\"test-0\", \"test-1\"", 304),
                ("\"test-0\"", 200), ("test-1", 200), ("\"test-1", 200), ("", 200),
            ] {
                let response = try wire.request("GET", Self.root, fields: token + "If-None-Match: \(tags)\r\n")
                #expect(response.status == status, "\(tags)")
                #expect(response["ETag"] == "\"test-1\"")
                #expect(response.body.isEmpty == (status == 304))
            }
            let head = try wire.request("HEAD", Self.root, fields: token)
            #expect(head.status == 200)
            #expect(head["Content-Length"] != nil)
        }
    }

    @Test func `An answer that has changed is sent, though nothing in the log says so`() async throws {
        let token = try await bearer(publish: ["*"], subscribe: ["*"])
        let log = ScriptedLog()
        try await ServedHub.run(log: log, access: try await .keyed(), subscriptions: true) { hub in
            let wire = try hub.connect()
            #expect(try wire.request("POST", "/topics/a", fields: token, body: "x").status == 200)
            let tag = try #require(try wire.request("GET", Self.root, fields: token)["ETag"])
            let again = "If-None-Match: \(tag)\r\n"
            #expect(try wire.request("GET", Self.root, fields: token + again).status == 304)
            log.fail(LogError(code: .full, message: "Full."))
            _ = try hub.connect().subscribe("\(ServedHub.path)?topic=a", fields: token)
            for _ in 1...2 {
                let list = try wire.request("GET", Self.root, fields: token + again)
                #expect(list.status == 200 && list["ETag"] == tag)
                #expect(list.text.contains("\"active\":true"))
            }
        }
    }

    @Test func `A hub that was killed tells nobody that its list has not changed`() async throws {
        let token = try await bearer(publish: ["*"], subscribe: ["*"])
        let log = MemoryLog(epoch: Epoch("test")!)
        _ = try await log.append([try Update(topic: "a", data: "x")])
        try await ServedHub.run(log: log, access: try await .keyed(), subscriptions: true) { hub in
            let wire = try hub.connect()
            // Several who were told others' streams by the hub before this one.
            for _ in 1...3 {
                let list = try wire.request("GET", Self.root, fields: token + "If-None-Match: \"test-1\"\r\n")
                #expect(list.status == 200 && list["ETag"] == "\"test-1\"")
            }
        }
    }

    @Test func `An id that a publisher gives twice stands for no answer`() async throws {
        let token = try await bearer(publish: ["*"], subscribe: ["*"])
        try await ServedHub.run(access: try await .keyed(), subscriptions: true) { hub in
            let wire = try hub.connect()
            _ = try wire.request("POST", "/topics/a?id=x", fields: token, body: "1")
            #expect(try wire.request("GET", Self.root, fields: token)["ETag"] == "\"x\"")
            let stream = try hub.connect()
            _ = try stream.subscribe("\(ServedHub.path)?topic=a", fields: token)
            _ = try wire.request("POST", "/topics/a?id=x", fields: token, body: "2")
            for _ in 1...2 {
                let list = try wire.request("GET", Self.root, fields: token + "If-None-Match: \"x\"\r\n")
                #expect(list.status == 200 && list["ETag"] == "\"x\"")
            }
        }
    }

    @Test func `What a private update is called is told only to whom it is granted`() async throws {
        let token = try await bearer(publish: ["*"], subscribe: ["*"])
        let lister = try await bearer(subscribe: [Self.root, "other"])
        try await ServedHub.run(access: try await .keyed(), subscriptions: true) { hub in
            let wire = try hub.connect()
            for (query, told) in [("id=public", "public"), ("id=patient-7&private", "test-2")] {
                _ = try wire.request("POST", "/topics/a?\(query)", fields: token, body: "x")
                let list = try wire.request("GET", Self.root, fields: lister)
                #expect(list["ETag"] == "\"\(told)\"")
                #expect(list.text.contains("\"lastEventID\":\"\(told)\""))
            }
            let granted = try wire.request("GET", Self.root, fields: token)
            #expect(granted["ETag"] == "\"patient-7\"")
            #expect(granted.text.contains("\"lastEventID\":\"patient-7\""))
        }
    }

    static let paths: [(path: String, method: String, status: Int)] = [
        ("", "GET", 200),
        ("?x=y", "GET", 200),
        ("/a", "GET", 200),
        ("/a/urn%3Auuid%3A0", "GET", 404),
        ("/a/b/c", "GET", 404),
        ("/a//", "GET", 404),
        ("//a", "GET", 404),
        ("/%", "GET", 400),
        ("/%FF", "GET", 400),
        ("", "POST", 405),
        ("/a", "POST", 405),
        ("/a", "DELETE", 405),
        ("/a", "OPTIONS", 204),
    ]

    @Test(arguments: paths)
    func `What else is asked for`(_ path: String, _ method: String, _ status: Int) async throws {
        let token = try await bearer(publish: ["*"], subscribe: ["*"])
        try await ServedHub.run(access: try await .keyed(), subscriptions: true) { hub in
            let response = try hub.connect().request(method, Self.root + path, fields: token)
            #expect(response.status == status)
            if status == 405 { #expect(response["Allow"] == "GET, HEAD, OPTIONS") }
        }
    }

    static let claims: [(subscribe: [String], path: String, isServed: Bool)] = [
        (["*"], "", true),
        ([root], "", true),
        ([root], "/a", false),
        (["\(root){/topic}{/subscriber}"], "", true),
        (["\(root){/topic}{/subscriber}"], "/a", true),
        (["\(root)/{topic}"], "", false),
        (["\(root)/{topic}"], "/a", true),
        (["\(root)/a"], "/%61", true),
        (["\(root)/a"], "/b", false),
        (["\(root)/a%2Fb"], "/a%2fb", true),
        (["a"], "/a", false),
        ([], "", false),
    ]

    @Test(arguments: claims)
    func `The token's claim has to cover the path, whoever may subscribe`(
        _ subscribe: [String],
        _ path: String,
        _ isServed: Bool
    ) async throws {
        let token = try await bearer(subscribe: subscribe)
        try await ServedHub.run(access: try await .keyed(anonymous: true), subscriptions: true) { hub in
            let response = try hub.connect().request("GET", Self.root + path, fields: token)
            #expect(response.status == (isServed ? 200 : 401))
            #expect(try hub.connect().request("GET", Self.root + path).status == 401)
        }
    }

    @Test func `Where it is not switched on there is nothing, and nothing is told`() async throws {
        let token = try await bearer(subscribe: ["*"])
        try await ServedHub.run(access: try await .keyed()) { hub in
            let wire = try hub.connect()
            #expect(try wire.request("GET", Self.root, fields: token).status == 404)
            try wire.subscribe("/topics/a", fields: token)
            wire.close()
            #expect(await eventually { hub.openStreams == 0 })
            #expect(try await hub.hub.lastEventID(grants: [.everything]) == "earliest")
        }
    }

    @Test func `Without keys nobody has a token, so nobody sees the list`() async throws {
        try await ServedHub.run(subscriptions: true) { hub in
            let response = try hub.connect().request("GET", Self.root)
            #expect(response.status == 401)
        }
    }
}
