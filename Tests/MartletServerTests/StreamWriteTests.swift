import Martlet
import NIOCore
import Testing

@testable import MartletServer

@Suite("Streams to full sockets", .timeLimit(.minutes(2)))
struct StreamWriteTests {
    /// Data of so many bytes that tells which update it is, and where in it a byte is.
    private static func data(_ number: Int, bytes: Int) -> String {
        let line = "\(number):"
        return String(repeating: line, count: bytes / line.utf8.count + 1)
    }

    private static func event(_ number: Int, bytes: Int) -> [UInt8] {
        Array("id: test-\(number)\ndata: \(Self.data(number, bytes: bytes))\n\n".utf8)
    }

    private static func publish(_ numbers: ClosedRange<Int>, bytes: Int, to hub: Hub) async throws {
        for number in numbers {
            try await hub.publish([Update(topic: Topic("a"), data: Self.data(number, bytes: bytes))])
        }
    }

    @Test(arguments: [(40, 1 << 20), (3000, 10 << 10)], ["HTTP/1.1", "HTTP/1.0"])
    func `A reader that stops and then reads on gets everything, whole and in order`(
        _ load: (count: Int, bytes: Int),
        _ version: String
    ) async throws {
        try await ServedHub.run { hub in
            let other = try hub.connect()
            try other.subscribe("/topics/other")
            let wire = try hub.connect(receiveBuffer: 4 << 10)
            try wire.send("GET /topics/a \(version)\r\nHost: hub.localhost\r\n\r\n")
            _ = try wire.readHead()
            let comment = version == "HTTP/1.1" ? try wire.readChunk() : try wire.read(3)
            #expect(comment == Array(":\n\n".utf8))
            try await Self.publish(1...load.count, bytes: load.bytes, to: hub.hub)
            let counters = try await hub.hub.counters().reduce(into: ShardCounters()) { $0.add($1) }
            #expect(counters.lagged > 0)
            // Somebody else is served meanwhile.
            _ = try hub.connect().request("POST", "/topics/other", body: "x")
            #expect(try other.readChunkText()?.hasSuffix("data: x\n\n") == true)
            var stream: [UInt8] = []
            for number in 1...load.count {
                let event = Self.event(number, bytes: load.bytes)
                if version == "HTTP/1.1" {
                    while stream.count < event.count { stream += try wire.readChunk(within: 20) ?? [] }
                } else {
                    stream += try wire.read(event.count - stream.count, within: 20)
                }
                let isSame = stream.starts(with: event)
                #expect(isSame, "update \(number)")
                guard isSame else { return }
                stream.removeFirst(event.count)
            }
        }
    }

    @Test func `A reader that takes a little now and then gets everything while more is published`() async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect(receiveBuffer: 4 << 10)
            try wire.subscribe("/topics/a")
            let sizes = [1, 100, 5000, 70_000, 300_000, 3]
            var number = 0
            var expected: [UInt8] = []
            var stream: [UInt8] = []
            for round in 1...60 {
                for _ in 1...3 {
                    number += 1
                    let size = sizes[number % sizes.count]
                    try await Self.publish(number...number, bytes: size, to: hub.hub)
                    expected += Self.event(number, bytes: size)
                }
                if round % 3 == 0, stream.count < expected.count { stream += try wire.readChunk() ?? [] }
            }
            stream += try wire.readStream(atLeast: expected.count - stream.count)
            #expect(stream == expected)
        }
    }

    @Test(arguments: [StreamEndTests.Ending.close, .reset, .halfClose])
    func `A peer that goes in the midst of a write is noticed`(_ ending: StreamEndTests.Ending) async throws {
        try await ServedHub.run { hub in
            for _ in 1...10 {
                let wire = try hub.connect(receiveBuffer: 4 << 10)
                try wire.subscribe("/topics/a")
                try await hub.hub.publish(
                    (1...8).map { _ in try Update(topic: Topic("a"), data: Self.data(0, bytes: 1 << 20)) }
                )
                switch ending {
                case .close: wire.close()
                case .reset: wire.reset()
                case .halfClose: wire.endOutput()
                }
                #expect(await eventually { hub.openStreams == 0 && hub.openConnections == 0 })
            }
        }
    }

    @Test func `Peers that go while much is sent to them are noticed, and the others get all`()
        async throws
    {
        try await ServedHub.run { hub in
            let stays = try hub.connect()
            try stays.subscribe("/topics/a")
            let goers = try (1...30).map { _ in
                let wire = try hub.connect(receiveBuffer: 4 << 10)
                try wire.subscribe("/topics/a")
                return wire
            }
            for (number, wire) in goers.enumerated() {
                try await Self.publish((number + 1)...(number + 1), bytes: 100_000, to: hub.hub)
                if number % 2 == 0 { wire.reset() } else { wire.close() }
                #expect(try stays.readStream(atLeast: 100_000) == Self.event(number + 1, bytes: 100_000))
            }
            #expect(await eventually { hub.openStreams == 1 && hub.openConnections == 1 })
        }
    }

    @Test func `A reader that makes no progress is closed, and its place is free`() async throws {
        let settings = Hub.Settings(heartbeat: .milliseconds(100), stall: .milliseconds(500))
        try await ServedHub.run(settings: settings) { hub in
            let wire = try hub.connect(receiveBuffer: 4 << 10)
            try wire.subscribe("/topics/a")
            try await hub.hub.publish(
                (1...16).map { _ in try Update(topic: Topic("a"), data: Self.data(0, bytes: 1 << 20)) }
            )
            #expect(await eventually(within: 20) { hub.openStreams == 0 && hub.openConnections == 0 })
        }
    }

    @Test(arguments: ["HTTP/1.1", "HTTP/1.0"])
    func `Ending a stream whose socket is full closes it without a wrong byte`(_ version: String) async throws {
        try await ServedHub.run { hub in
            let wire = try hub.connect(receiveBuffer: 4 << 10)
            try wire.send("GET /topics/a \(version)\r\nHost: hub.localhost\r\n\r\n")
            _ = try wire.readHead()
            let count = 16
            try await Self.publish(1...count, bytes: 1 << 20, to: hub.hub)
            hub.endpoint.drain(over: .zero)
            #expect(await eventually { hub.openStreams == 0 })
            var expected: [UInt8] = Array(":\n\n".utf8)
            for number in 1...count { expected += Self.event(number, bytes: 1 << 20) }
            if version == "HTTP/1.0" {
                let rest = try wire.readToEnd()
                #expect(rest.count < expected.count)
                #expect(expected.starts(with: rest))
            } else {
                // The last chunk is cut short, and no terminating chunk pretends that all had been sent.
                var stream: [UInt8] = []
                #expect(throws: Wire.Failure.self) {
                    while let chunk = try wire.readChunk() { stream += chunk }
                }
                #expect(expected.starts(with: stream))
            }
        }
    }

    @Test func `A newcomer's history of megabytes arrives whole, whatever its socket takes at a time`() async throws {
        try await ServedHub.run(settings: Hub.Settings(heartbeat: .hours(1), tailBytes: 4 << 20)) { hub in
            try await Self.publish(1...100, bytes: 100_000, to: hub.hub)
            for receiveBuffer in [4 << 10, 1 << 20] {
                let wire = try hub.connect(receiveBuffer: receiveBuffer)
                try wire.subscribe("/topics/a", fields: "Last-Event-ID: earliest\r\n")
                for number in 1...100 {
                    // Pages begin and end with events.
                    var event: [UInt8] = []
                    let expected = Self.event(number, bytes: 100_000)
                    while event.count < expected.count { event += try wire.readChunk() ?? [] }
                    guard event == expected else {
                        Issue.record("update \(number) is not what was published")
                        return
                    }
                }
            }
        }
    }
}
