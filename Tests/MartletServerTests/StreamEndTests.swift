import Martlet
import NIOCore
import Testing

@testable import MartletServer

@Suite("How a stream ends", .timeLimit(.minutes(2)))
struct StreamEndTests {
    enum Ending: String, CaseIterable {
        case close, halfClose, reset
    }

    @Test(arguments: Ending.allCases, ["HTTP/1.1", "HTTP/1.0"])
    func `200 streams that end from the client's side are all noticed`(
        _ ending: Ending,
        _ version: String
    ) async throws {
        try await ServedHub.run { hub in
            var wires: [Wire] = []
            for _ in 1...200 {
                let wire = try hub.connect()
                try wire.send("GET /topics/a \(version)\r\nHost: hub.localhost\r\n\r\n")
                _ = try wire.readHead()
                wires.append(wire)
            }
            #expect(hub.openStreams == 200)
            for wire in wires {
                switch ending {
                case .close: wire.close()
                case .halfClose: wire.endOutput()
                case .reset: wire.reset()
                }
            }
            #expect(await eventually { hub.openStreams == 0 && hub.openConnections == 0 })
            if ending == .halfClose {
                for wire in wires { #expect(wire.ends()) }
            }
            let counters = try await hub.hub.counters().reduce(into: ShardCounters()) { $0.add($1) }
            #expect(counters.streams == 0)
            #expect(counters.opened == 200)
        }
    }

    @Test(arguments: ["HTTP/1.1", "HTTP/1.0"])
    func `200 streams that the hub ends are told when to come back, and are closed`(_ version: String) async throws {
        try await ServedHub.run { hub in
            let wires = try (1...200).map { _ in
                let wire = try hub.connect()
                try wire.send("GET /topics/a \(version)\r\nHost: hub.localhost\r\n\r\n")
                _ = try wire.readHead()
                return wire
            }
            hub.endpoint.drain(over: .milliseconds(200))
            for wire in wires {
                let text: String
                if version == "HTTP/1.1" {
                    var chunks = ""
                    while let chunk = try wire.readChunkText() { chunks += chunk }
                    text = chunks
                    #expect(try wire.readToEnd() == [])
                } else {
                    text = try wire.readTextToEnd()
                }
                let match = text.wholeMatch(of: /:\n\nretry: ([0-9]+)\n\n/)
                let retry = try #require(match.flatMap { Int($0.1) })
                // Whoever is ended first is told to wait until the last is ended, too.
                #expect((1000...1400).contains(retry))
            }
            #expect(await eventually { hub.openStreams == 0 && hub.openConnections == 0 })
        }
    }

    @Test func `A draining hub refuses streams and takes updates`() async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect()
            try wire.subscribe("/topics/a")
            hub.endpoint.drain(over: .milliseconds(50))
            let other = try hub.connect()
            let response = try other.request("GET", "/topics/a")
            #expect(response.status == 503)
            #expect(response["Retry-After"] == "5")
            #expect(response.text == "The hub is shutting down.\n")
            #expect(try other.request("GET", "/readyz").status == 503)
            #expect(try other.request("GET", "/healthz").status == 200)
            #expect(try other.request("POST", "/topics/a", body: "x").text == "test-1")
            #expect(wire.ends())
        }
    }

    @Test func `A subscriber whose place is still looked up when the hub begins to drain is refused`() async throws {
        let log = ScriptedLog()
        try await ServedHub.run(log: log) { hub in
            let wire = try hub.connect()
            log.hold()
            try wire.send("GET /topics/a HTTP/1.1\r\nHost: hub.localhost\r\nLast-Event-ID: what\r\n\r\n")
            #expect(await eventually { log.waiters == 1 })
            hub.endpoint.drain(over: .zero)
            log.release()
            #expect(try wire.readResponse(within: 2).status == 503)
        }
    }

    @Test func `As many streams are open as the limit says, and their places are given again`() async throws {
        try await ServedHub.run(limits: HubEndpoint.Limits(streams: 2)) { hub in
            let first = try hub.connect()
            try first.subscribe("/topics/a")
            try hub.connect().subscribe("/topics/a")
            let third = try hub.connect()
            let response = try third.request("GET", "/topics/a")
            #expect(response.status == 503)
            #expect(response["Retry-After"] == "5")
            #expect(response.text == "The hub has as many streams open as it may: 2.\n")
            #expect(try third.request("POST", "/topics/a", body: "x").status == 200)
            first.close()
            #expect(await eventually { hub.openStreams == 1 })
            try third.subscribe("/topics/a")
            #expect(hub.openStreams == 2)
        }
    }

    @Test func `The limit holds for subscribers whose places are looked up at the same time`() async throws {
        let log = ScriptedLog()
        try await ServedHub.run(log: log, limits: HubEndpoint.Limits(streams: 1)) { hub in
            let wires = try (1...5).map { _ in try hub.connect() }
            log.hold()
            for wire in wires {
                try wire.send("GET /topics/a HTTP/1.1\r\nHost: hub.localhost\r\nLast-Event-ID: what\r\n\r\n")
            }
            #expect(await eventually { log.waiters == 5 })
            log.release()
            let statuses = try wires.map { try $0.readHead().status }
            #expect(statuses.filter { $0 == 200 }.count == 1)
            #expect(statuses.filter { $0 == 503 }.count == 4)
        }
    }

    @Test func `A half-closed client that asks for a stream is refused`() async throws {
        let log = ScriptedLog()
        try await ServedHub.run(log: log) { hub in
            let wire = try hub.connect()
            log.hold()
            try wire.send("GET /topics/a HTTP/1.1\r\nHost: hub.localhost\r\nLast-Event-ID: what\r\n\r\n")
            #expect(await eventually { log.waiters == 1 })
            wire.endOutput()
            let other = try hub.connect()
            #expect(try other.request("GET", "/healthz").status == 200)
            log.release()
            #expect(wire.ends())
            #expect(await eventually { hub.openConnections == 1 })
            #expect(hub.openStreams == 0)
        }
    }
}
