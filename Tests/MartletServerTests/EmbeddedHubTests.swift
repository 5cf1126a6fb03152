import HTTPTypes
import Hummingbird
import Martlet
import MartletServer
import NIOPosix
import ServiceLifecycle
import Synchronization
import Testing

@Suite("A hub in an application", .timeLimit(.minutes(2)))
struct EmbeddedHubTests {
    private static let hub = "/.well-known/mercure"

    @Test func `Its routes and the hub's are served on one port, and it publishes from anywhere`() async throws {
        try await EmbeddedHub.run { app async throws in
            #expect(try app.connect().request("GET", "/own").text == "own")
            #expect(try app.connect().request("GET", "/readyz").text == "ready\n")
            #expect(try app.connect().request("GET", "/martlet.js").status == 200)
            let stream = try app.connect()
            try stream.subscribe("\(Self.hub)?topic=greetings")
            // One of the application's own routes, on a connection that has been the hub's before.
            let wire = try app.connect()
            #expect(try wire.request("POST", "/topics/other", body: "x").status == 200)
            let id = try wire.request("POST", "/greet").text
            #expect(try stream.readChunkText() == "id: \(id)\ndata: hello\n\n")
        }
    }

    @Test func `A hub without keys is for this machine, the application's routes are for whom it likes`() async throws {
        try await EmbeddedHub.run { app async throws in
            for fields in ["X-Forwarded-For: 203.0.113.7\r\n", "Origin: https://evil.example\r\n"] {
                #expect(try app.connect().request("GET", "/own", fields: fields).text == "own")
                #expect(try app.connect().request("GET", "\(Self.hub)?topic=a", fields: fields).status == 403)
                #expect(try app.connect().request("POST", "/topics/a", fields: fields, body: "x").status == 403)
            }
        }
    }

    @Test func `Without the short form that path is the application's`() async throws {
        try await EmbeddedHub.run(hasShortForm: false) { app async throws in
            #expect(try app.connect().request("GET", "/topics/own").text == "the application's")
            #expect(try app.connect().request("POST", "/topics/other", body: "x").status == 404)
        }
    }

    @Test func `Graceful shutdown ends the streams, then the hub`() async throws {
        try await EmbeddedHub.run { app async throws in
            let streams = try (0..<20).map { _ in try app.connect() }
            for stream in streams { try stream.subscribe("\(Self.hub)?topic=a") }
            await app.services.triggerGracefulShutdown()
            for stream in streams {
                let last = String(decoding: try stream.readToEnd(), as: UTF8.self)
                #expect(last.contains("retry: "))
            }
        }
    }

    @Test func `A hub on other event loops than the application's serves no connection and stops nothing`() async throws
    {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        try await EmbeddedHub.run(group: group) { app async throws in
            for _ in 1...3 { #expect(try app.connect().readToEnd().isEmpty) }
        }
        try await group.shutdownGracefully()
    }
}

extension EmbeddedHubTests {
    /// Publishes what it is given while somebody looks.
    private struct Doorbell: Source {
        let name = "doorbell"
        let topics: OwnedTopics
        var owned: OwnedTopics? { self.topics }

        func run(publishingTo hub: Hub) async throws {
            while !Task.isCancelled {
                for (topic, isWatched) in self.topics.changes() where isWatched {
                    try await hub.publish(Update(topic: topic, data: "ring"))
                }
                await self.topics.changed()
            }
        }
    }

    private struct Broken: Source {
        struct Failure: Error {}
        let name = "broken"
        func run(publishingTo hub: Hub) async throws { throw Failure() }
    }

    @Test func `A source of one's own is run, knows who looks, and has its topics for itself`() async throws {
        let topics = OwnedTopics(of: "doorbell", selector: try Selector("doors/{door}"), isPublic: true)
        try await EmbeddedHub.run(sources: [Doorbell(topics: topics)]) { app async throws in
            let stream = try app.connect()
            try stream.subscribe("\(Self.hub)?topic=doors/front")
            #expect(try stream.readChunkText()?.hasSuffix("data: ring\n\n") == true)
            let refused = try app.connect().request("POST", "/topics/doors/front", body: "forged")
            #expect(refused.status == 403)
            #expect(refused.text.contains("belongs to the source \"doorbell\""))
        }
    }

    private struct Stubborn: Source {
        let name = "stubborn"
        func run(publishingTo hub: Hub) async throws {
            while !Task.isCancelled { try? await Task.sleep(for: .seconds(60)) }
            // What it has at hand when it ends is still taken; then it fails in a way of its own.
            try await hub.publish(Update(topic: "last", data: "word"))
            throw Broken.Failure()
        }
    }

    @Test func `A source's last word is kept, and what it throws when it is cancelled is no error`() async throws {
        let log = MemoryLog()
        let hub = Hub(log: log, sources: [Stubborn()])
        let running = Task { try await hub.run() }
        try await hub.publish(Update(topic: "first", data: "word"))
        running.cancel()
        try await running.value
        #expect(log.bounds.last == 2)
    }

    @Test func `What a source throws ends the hub that runs it`() async throws {
        let hub = Hub(log: MemoryLog(), sources: [Broken()])
        await #expect(throws: Broken.Failure.self) { try await hub.run() }
    }

    @Test func `A log of one's own keeps history, and is kept in order by the hub`() async throws {
        let log = ArrayLog()
        try await EmbeddedHub.run(log: log) { app async throws in
            var ids: [String] = []
            for number in 1...300 {
                let isPrivate = number % 3 == 0
                ids.append(try await app.hub.publish(Update(topic: "a", data: "\(number)", isPrivate: isPrivate)))
                try await app.hub.publish(Update(topic: "b", data: "\(number)"))
            }
            #expect(log.bounds.last == 600)
            #expect(log.isRunning)
            let stream = try app.connect()
            try stream.subscribe("\(Self.hub)?topic=a&lastEventID=\(ids[99])")
            var text = ""
            while !text.contains("data: 299\n") { text += try stream.readChunkText() ?? "data: 299\n" }
            let data = text.split(separator: "\n").filter { $0.hasPrefix("data: ") }.map { $0.dropFirst(6) }
            #expect(data == (101...299).filter { $0 % 3 != 0 }.map { "\($0)" })
        }
    }
}
