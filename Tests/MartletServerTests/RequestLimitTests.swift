import Martlet
import Testing

@testable import MartletServer

@Suite("Limits of streams and publishers", .timeLimit(.minutes(2)))
struct RequestLimitTests {
    private static func refusals(_ hub: ServedHub, _ reason: RefusalReason) -> Int? {
        hub.endpoint.refusals.all.first { $0.reason == reason }?.count
    }

    @Test func `No more streams than allowed, and one more when one has gone`() async throws {
        try await ServedHub.run(limits: HubEndpoint.Limits(streams: 2)) { hub in
            let first = try hub.connect()
            try first.subscribe("/topics/a")
            try hub.connect().subscribe("/topics/a")
            for method in ["GET", "HEAD"] {
                let response = try hub.connect().request(method, "/topics/a")
                #expect(response.status == 503)
                #expect(response["Retry-After"] == "5")
            }
            #expect(Self.refusals(hub, .streams) == 2)
            #expect(hub.openStreams == 2)
            first.close()
            #expect(await eventually { hub.openStreams == 1 })
            try hub.connect().subscribe("/topics/a")
        }
    }

    @Test func `No more streams of an address than allowed, whoever it speaks for`() async throws {
        let access = try await Access.keyed(anonymous: true, trustedProxies: [#require(AddressRange("127.0.0.1"))])
        try await ServedHub.run(limits: HubEndpoint.Limits(streamsPerAddress: 1), access: access) { hub in
            let first = try hub.connect()
            try first.subscribe("/topics/a", fields: "X-Forwarded-For: 192.0.2.1\r\n")
            try hub.connect().subscribe("/topics/a", fields: "X-Forwarded-For: 192.0.2.2\r\n")
            try hub.connect().subscribe("/topics/a")
            for fields in ["X-Forwarded-For: 192.0.2.1\r\n", "X-Forwarded-For: 192.0.2.3, 192.0.2.1\r\n", ""] {
                let response = try hub.connect().request("GET", "/topics/a", fields: fields)
                #expect(response.status == 429)
                #expect(response["Retry-After"] == "5")
            }
            #expect(Self.refusals(hub, .streamsPerAddress) == 3)
            #expect(hub.openStreams == 3)
            first.close()
            #expect(await eventually { hub.openStreams == 2 })
            try hub.connect().subscribe("/topics/a", fields: "X-Forwarded-For: 192.0.2.1\r\n")
        }
    }

    @Test func `No more selectors than allowed, repeated ones included`() async throws {
        try await ServedHub.run(limits: HubEndpoint.Limits(selectors: 3)) { hub in
            for (query, status) in [
                ("topic=a&topic=b&topic=c", 200), ("topic=a&topic=b&topic=c&topic=d", 400),
                ("topic=a&topic=a&topic=a&topic=a", 400), ("topic=*&topic=b&topic=c", 200),
            ] {
                let response = try hub.connect().request("HEAD", "\(ServedHub.path)?\(query)")
                #expect(response.status == status, "\(query)")
            }
            #expect(Self.refusals(hub, .selectors) == 2)
        }
    }

    @Test(arguments: [(nil, true, 100), (300, true, 300), (nil, false, 1000), (50, true, 50)] as [(Int?, Bool, Int)])
    func `A stream has fewer selectors where they are announced, unless the limit says otherwise`(
        _ limit: Int?,
        _ subscriptions: Bool,
        _ most: Int
    ) async throws {
        let limits = HubEndpoint.Limits(selectors: limit)
        try await ServedHub.run(limits: limits, subscriptions: subscriptions) { hub in
            for (count, status) in [(most, 200), (most + 1, 400)] {
                let query = (0..<count).map { "topic=\($0)" }.joined(separator: "&")
                let response = try hub.connect().request("HEAD", "\(ServedHub.path)?\(query)")
                #expect(response.status == status, "\(count) topics")
            }
        }
    }

    @Test func `A token that publishes too fast is told when to come back, and others are not held up`() async throws {
        let fast = try await bearer(publish: ["*"])
        let other = try await bearer(publish: ["*", "a"])
        let limits = HubEndpoint.Limits(publishesPerSecond: 1)
        try await ServedHub.run(limits: limits, access: try await .keyed()) { hub in
            let lines = "{\"topic\":\"a\",\"data\":\"1\"}\n"
            let batch = String(repeating: lines, count: 1000)
            let fields = fast + "Content-Type: application/x-ndjson\r\n"
            #expect(try hub.connect().request("POST", ServedHub.path, fields: fields, body: batch).status == 200)
            let response = try hub.connect().request("POST", "/topics/a", fields: fast, body: "x")
            #expect(response.status == 429)
            let seconds = try #require(Int(response["Retry-After"] ?? ""))
            #expect((900...1000).contains(seconds))
            #expect(Self.refusals(hub, .publishRate) == 1)
            #expect(try await hub.hub.lastEventID(grants: [.everything]) == "test-1000")
            #expect(try hub.connect().request("POST", "/topics/a", fields: other, body: "x").status == 200)
        }
    }

    // MARK: Pages of other origins

    @Test func `Pages that may read the hub's answers are told so, refusals included`() async throws {
        let cors = CORSPolicy(origins: ["https://app.example"])
        try await ServedHub.run(access: try await .keyed(anonymous: true, cors: cors)) { hub in
            let page = "Origin: https://app.example\r\n"
            for (method, target, status) in [
                ("HEAD", "/topics/a", 200), ("GET", ServedHub.path, 400), ("POST", "/topics/a", 401),
                ("PUT", "/topics/a", 405),
            ] {
                let response = try hub.connect().request(method, target, fields: page)
                #expect(response.status == status)
                #expect(response["Access-Control-Allow-Origin"] == "https://app.example")
                #expect(response["Access-Control-Allow-Credentials"] == "true")
                #expect(response["Access-Control-Expose-Headers"] == "Last-Event-ID, Retry-After")
                #expect(response["Vary"] == "Origin")
            }
            let head = try hub.connect().subscribe("/topics/a", fields: page)
            #expect(head["Access-Control-Allow-Origin"] == "https://app.example")
            for fields in ["Origin: https://evil.example\r\n", ""] {
                let response = try hub.connect().request("HEAD", "/topics/a", fields: fields)
                #expect(response.status == 200)
                #expect(response["Access-Control-Allow-Origin"] == nil)
                #expect(response["Access-Control-Allow-Credentials"] == nil)
                #expect(response["Vary"] == "Origin")
            }
        }
    }

    @Test func `A preflight needs no token, and the connection goes on`() async throws {
        let cors = CORSPolicy(origins: ["https://app.example"])
        try await ServedHub.run(access: try await .keyed(cors: cors)) { hub in
            let asks = "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: authorization\r\n"
            let wire = try hub.connect()
            for target in [ServedHub.path, "/topics/a", "\(ServedHub.path)/subscriptions"] {
                let response = try wire.request("OPTIONS", target, fields: "Origin: https://app.example\r\n" + asks)
                #expect(response.status == 204)
                #expect(response["Access-Control-Allow-Origin"] == "https://app.example")
                #expect(response["Access-Control-Allow-Methods"] == "GET, HEAD, POST")
                #expect(
                    response["Access-Control-Allow-Headers"]
                        == "Authorization, Cache-Control, Content-Type, Last-Event-ID"
                )
            }
            let refused = try wire.request("OPTIONS", "/topics/a", fields: "Origin: https://evil.example\r\n" + asks)
            #expect(refused.status == 403)
            #expect(refused.fields.allSatisfy { !$0.name.lowercased().hasPrefix("access-control-") })
            #expect(try wire.request("GET", "/healthz").status == 200)
        }
    }
}
