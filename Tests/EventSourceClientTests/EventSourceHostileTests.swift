import NIOCore
import NIOHTTP1
import ServerSentEvents
import Testing

@testable import EventSourceClient

/// What a server that means no good can send, over real sockets.
@Suite(.timeLimit(.minutes(2))) struct EventSourceHostileTests {
    private static let mib = 1 << 20

    private static func send(_ count: Int, of byte: UInt8 = 0x78, on exchange: ScriptedServer.Exchange) async throws {
        let piece = ByteBuffer(repeating: byte, count: 64 << 10)
        var left = count
        while left > 0 {
            try await exchange.outbound.write(piece.getSlice(at: 0, length: min(left, piece.readableBytes)) ?? piece)
            left -= piece.readableBytes
        }
    }

    /// One event with `count` bytes of data in all, in as many lines as asked for.
    private static func event(of count: Int, lines: Int) -> ScriptedServer.Step {
        { exchange in
            try await exchange.openStream()
            var left = count - (lines - 1)
            for line in 1...lines {
                let length = line == lines ? left : count / lines
                try await exchange.send("data: ")
                try await send(length, on: exchange)
                try await exchange.send("\n")
                left -= length
            }
            try await exchange.send("\n")
        }
    }

    @Test(arguments: [1, 7])
    func `ten MiB of data pass a limit of ten MiB`(lines: Int) async throws {
        let count = 10 * Self.mib
        try await ScriptedServer.run([Self.event(of: count, lines: lines)]) { server async throws in
            let received = try await events(of: server.source(limits: .init(maxEventBytes: count)))
            #expect(received.map(\.data.utf8.count) == [count])
        }
    }

    @Test(arguments: [1, 7])
    func `one byte more is the error of the limit`(lines: Int) async throws {
        let count = 10 * Self.mib
        try await ScriptedServer.run([Self.event(of: count + 1, lines: lines)]) { server async throws in
            let error = await #expect(throws: EventSourceError.self) {
                try await events(of: server.source(limits: .init(maxEventBytes: count)))
            }
            #expect(error?.code == .limitExceeded)
            #expect(error?.message.contains("10485760") == true)
            #expect(server.requests.count == 1)
        }
    }

    @Test(arguments: ["data: ", ": ", "x", "id: ", ""])
    func `a line that never ends is cut at its limit`(beginning: String) async throws {
        let isClosed = Signal()
        try await ScriptedServer.run([
            { exchange in
                try await exchange.openStream()
                try await exchange.send(beginning)
                while (try? await Self.send(64 << 10, on: exchange)) != nil {}
                isClosed.set()
            }
        ]) { server async throws in
            let error = await #expect(throws: EventSourceError.self) {
                try await events(of: server.source(limits: .init(maxLineBytes: Self.mib)))
            }
            #expect(error?.code == .limitExceeded)
            await isClosed.wait()
        }
    }

    @Test func `an event that never ends is cut at its limit`() async throws {
        try await ScriptedServer.run([
            { exchange in
                try await exchange.openStream()
                let lines = String(repeating: "data: xxxxxxxx\n", count: 1000)
                while true { try await exchange.send(lines) }
            }
        ]) { server async throws in
            let error = await #expect(throws: EventSourceError.self) {
                try await events(of: server.source(limits: .init(maxEventBytes: Self.mib)))
            }
            #expect(error?.code == .limitExceeded)
        }
    }

    /// A head without end is broken off, and counts as no answer.
    @Test(arguments: ["HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nX: ", "HTTP/1.1 200 ", "HTTP/1.1 ", ""])
    func `a head that never ends is given up`(beginning: String) async throws {
        let isClosed = Signal()
        try await ScriptedServer.run([
            { exchange in
                try await exchange.send(beginning)
                let end = beginning.hasSuffix("\n") ? "\r\n" : ""
                while (try? await exchange.send("X-Flood: \(String(repeating: "x", count: 1000))\(end)")) != nil {}
                isClosed.set()
            }
        ]) { server async throws in
            let items = try await EventSourceClientTests.items(of: server.source())
            #expect(
                items.compactMap(name) == ["connecting", "waiting: cannotConnect, 3.0 seconds", "connecting", "closed"]
            )
            await isClosed.wait()
        }
    }

    @Test func `an event that drips byte by byte comes whole, and memory is what it has`() async throws {
        let text = "id: 1\ndata: \(String(repeating: "é", count: 500))\n\n"
        try await ScriptedServer.run([
            { exchange in
                try await exchange.openStream()
                for byte in text.utf8 { try await exchange.outbound.write(ByteBuffer(bytes: [byte])) }
            }
        ]) { server async throws in
            #expect(try await events(of: server.source()).map(\.data) == [String(repeating: "é", count: 500)])
        }
    }

    @Test func `dripping counts as life, silence does not`() async throws {
        let clock = TestClock()
        let (more, seen) = (Signal(), Signal())
        try await ScriptedServer.run([
            { exchange in
                try await exchange.openStream()
                try await exchange.send("data: 1\n\nda")
                await more.wait()
                try await exchange.send("ta: 2\n\n")
                await exchange.clientClosed()
            }
        ]) { server async throws in
            async let states = {
                var states: [String] = []
                for try await item in server.source(idleTimeout: .seconds(45), clock: clock).items {
                    if case .event(let event) = item, event.data == "2" { seen.set() }
                    if let state = name(of: item) { states.append(state) }
                }
                return states
            }()
            await clock.sleeper(of: .seconds(45))
            clock.advance(by: .seconds(44))
            more.set()
            await seen.wait()
            await clock.sleeper(of: .seconds(45))
            clock.advance(by: .seconds(44))
            await clock.sleeper(of: .seconds(45))
            clock.advance(by: .seconds(1))
            await clock.sleeper(of: .seconds(3))
            clock.advance(by: .seconds(3))
            #expect(try await states.contains("waiting: idleTimeout, 3.0 seconds"))
        }
    }

    @Test func `what is not UTF-8 becomes U+FFFD`() async throws {
        try await ScriptedServer.run([
            { exchange in
                try await exchange.openStream()
                let bytes = Array("id: ".utf8) + [0xFF, 0x0A] + Array("data: a".utf8) + [0xC3, 0x28, 0x0A, 0x0A]
                try await exchange.outbound.write(ByteBuffer(bytes: bytes))
            }
        ]) { server async throws in
            let received = try await events(of: server.source())
            #expect(received == [MessageEvent(type: "message", data: "a\u{FFFD}(", lastEventID: "\u{FFFD}")])
            #expect(server.requests.last?["Last-Event-ID"] == "\u{FFFD}")
        }
    }

    @Test func `an id with NUL is ignored, and not sent`() async throws {
        try await ScriptedServer.run([
            { exchange in
                try await exchange.openStream()
                try await exchange.send("id: good\ndata: 1\n\nid: b\0ad\ndata: 2\n\n")
            }
        ]) { server async throws in
            #expect(try await events(of: server.source()).map(\.lastEventID) == ["good", "good"])
            #expect(server.requests.last?["Last-Event-ID"] == "good")
        }
    }

    @Test(arguments: ["99999999999999999999", "9223372036854775807", "-5", "1e9", "0x10", "٣"])
    func `a retry that is no number or too large does no harm`(retry: String) async throws {
        let clock = TestClock.skippingWaits
        try await ScriptedServer.run([
            { exchange in
                try await exchange.openStream()
                try await exchange.send("retry: \(retry)\ndata: 1\n\n")
            }
        ]) { server async throws in
            #expect(try await events(of: server.source(clock: clock)).count == 1)
            #expect(clock.skipped == [retry.hasPrefix("922") ? .seconds(3600) : .seconds(3)])
        }
    }

    @Test(arguments: [
        "", "text", "text/event-stream,text/html", "text/event-stream charset=utf-8", "text/event stream",
    ])
    func `what only looks like the content type is an error`(type: String) async throws {
        try await ScriptedServer.run([
            { try await $0.send("HTTP/1.1 200 OK\r\nContent-Type: \(type)\r\nConnection: close\r\n\r\ndata: 1\n\n") }
        ]) { server async throws in
            let error = await #expect(throws: EventSourceError.self) { try await events(of: server.source()) }
            #expect(error?.code == .unexpectedContentType)
        }
    }

    @Test(arguments: [201, 203, 205, 206, 400, 401, 403, 404, 407, 410, 418, 500, 501])
    func `any other status than 200 is an error, even with a stream behind it`(status: Int) async throws {
        try await ScriptedServer.run([
            { exchange in
                try await exchange.send(
                    "HTTP/1.1 \(status) X\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\ndata: 1\n\n"
                )
            }
        ]) { server async throws in
            let error = await #expect(throws: EventSourceError.self) { try await events(of: server.source()) }
            #expect(error?.code == .unexpectedStatus)
            #expect(error?.status == status)
        }
    }

    @Test(arguments: ["CONNECT", "trace", "TRACK", "", "GE T", "GET /x HTTP/1.1\r\nX: y\r\n\r\nGET", "GÉT"])
    func `a method that is none, or is not for streams, is an error`(method: String) async throws {
        let source = EventSource("http://127.0.0.1:1/", method: HTTPMethod(rawValue: method))
        let error = await #expect(throws: EventSourceError.self) { try await events(of: source) }
        #expect(error?.code == .invalidRequest)
    }

    @Test func `a server that has closed its half is read to the end`() async throws {
        try await ScriptedServer.run([
            { exchange in
                try await exchange.openStream()
                try await exchange.send("data: 1\n\ndata: unfinished")
                try await exchange.closeOutput()
                await exchange.clientClosed()
            }
        ]) { server async throws in
            #expect(try await events(of: server.source()).map(\.data) == ["1"])
            #expect(server.requests.count == 2)
        }
    }

    @Test func `what is read ahead of a slow reader is bounded, however it drips`() async throws {
        let stalled = Signal()
        try await ScriptedServer.run([
            { exchange in
                try await exchange.openStream("Transfer-Encoding: chunked\r\n")
                let chunks = String(repeating: "d\r\ndata:1234567\n\n\r\n", count: 1000)
                // The kernel's buffers fill in real time; no clock of ours can move that.
                while await finishes(within: .milliseconds(500), { try await exchange.send(chunks) }) {}
                stalled.set()
            }
        ]) { server async throws in
            var items = server.source().items.makeAsyncIterator()
            while try await items.next() != .state(.open) {}
            await stalled.wait()
            let batch = try await items.nextBatch() ?? []
            #expect(!batch.isEmpty)
            // The window of 64 KiB and one part beyond, an event being 14 bytes of them.
            #expect(batch.count <= 2 * (64 << 10) / 14)
        }
    }
}
