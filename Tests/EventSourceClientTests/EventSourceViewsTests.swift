import ServerSentEvents
import Synchronization
import Testing

@testable import EventSourceClient

/// What there is besides events: items, states, decoded values.
@Suite(.timeLimit(.minutes(1))) struct EventSourceViewsTests {
    private static func stream(_ text: String) -> [ScriptedServer.Step] {
        [
            { exchange in
                try await exchange.openStream()
                try await exchange.send(text)
            }
        ]
    }

    @Test func `items are events, comments and states, in their order`() async throws {
        let items = try await ScriptedServer.run(Self.stream(":a\n: b\ndata: 1\n:\n\n:c\n")) { server async throws in
            try await EventSourceClientTests.items(of: server.source())
        }
        #expect(
            items.prefix(8) == [
                .state(.connecting), .state(.open), .comment("a"), .comment("b"), .comment(""),
                .event(MessageEvent(type: "message", data: "1", lastEventID: "")), .comment("c"),
                items[7],
            ]
        )
        #expect(items[7...].compactMap(name) == ["waiting: streamEnded, 3.0 seconds", "connecting", "closed"])
    }

    @Test func `who reads events sees no comments`() async throws {
        let received: [MessageEvent] = try await ScriptedServer.run(Self.stream(":a\n\n:b\n\ndata: 1\n\n")) {
            try await events(of: $0.source())
        }
        #expect(received.map(\.data) == ["1"])
    }

    @Test func `an error comes once, after the items before it`() async throws {
        try await ScriptedServer.run([{ try await $0.send("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n") }]) {
            server async throws in
            var items = server.source().items.makeAsyncIterator()
            #expect(try await items.next() == .state(.connecting))
            let error = await #expect(throws: EventSourceError.self) { try await items.next() }
            #expect(error?.status == 404)
            #expect(try await items.next() == nil)
        }
    }

    @Test func `states are told to who watches, up to the end`() async throws {
        try await ScriptedServer.run(Self.stream("data: 1\n\n")) { server async throws in
            let source = server.source()
            let watching = source.states.makeAsyncIterator()
            _ = try await events(of: source)
            var seen: [String] = []
            var states = watching
            while let state = await states.next() { seen.append(name(of: .state(state)) ?? "") }
            #expect(seen == ["connecting", "open", "waiting: streamEnded, 3.0 seconds", "connecting", "closed"])
        }
    }

    @Test func `who watches late begins with the state in force`() async throws {
        try await ScriptedServer.run([
            { exchange in
                try await exchange.openStream()
                try await exchange.send("data: 1\n\n")
                await exchange.clientClosed()
            }
        ]) { server async throws in
            let source = server.source()
            var states: AsyncStream<EventSource.State>.Iterator?
            for try await _ in source {
                states = source.states.makeAsyncIterator()
                break
            }
            #expect(await states?.next() == .open)
            #expect(await states?.next() == .closed)
            #expect(await states?.next() == nil)
        }
    }

    @Test func `who watches slowly misses the oldest states, never the newest`() async throws {
        let steps = Array(repeating: Self.stream("data: 1\n\n")[0], count: 50)
        try await ScriptedServer.run(steps) { server async throws in
            let source = server.source()
            var states = source.states.makeAsyncIterator()
            _ = try await events(of: source)
            var seen: [EventSource.State] = []
            while let state = await states.next() { seen.append(state) }
            #expect(seen.count == EventSource.States.capacity)
            #expect(seen.suffix(2) == [.connecting, .closed])
        }
    }

    @Test func `watching ends with the event source that nobody reads`() async {
        var source: EventSource? = EventSource("http://127.0.0.1:1/")
        var states = source?.states.makeAsyncIterator()
        source = nil
        #expect(await states?.next() == nil)
    }

    private struct Price: Decodable, Equatable, Sendable {
        var amount: Int
    }

    @Test func `data is decoded, with its event beside it`() async throws {
        let text = "event: price\nid: 7\ndata: {\"amount\":\ndata: 3}\n\nevent: other\ndata: x\n\n"
        try await ScriptedServer.run(Self.stream(text)) { server async throws in
            var prices: [EventSource.DecodedEvent<Price>] = []
            for try await price in server.source().decode(Price.self, type: "price") { prices.append(price) }
            #expect(prices.map(\.value) == [Price(amount: 3)])
            #expect(prices.map(\.event.lastEventID) == ["7"])
            #expect(prices.map(\.event.type) == ["price"])
        }
    }

    @Test func `data that cannot be decoded ends the sequence with an error that has it`() async throws {
        let closed = Signal()
        try await ScriptedServer.run([
            { exchange in
                try await exchange.openStream()
                try await exchange.send(
                    "data: {\"amount\":1}\n\nid: 8\ndata: {\"amount\":\"x\"}\n\ndata: {\"amount\":2}\n\n"
                )
                await exchange.clientClosed()
                closed.set()
            }
        ]) { server async throws in
            var prices = server.source().decode(Price.self).makeAsyncIterator()
            #expect(try await prices.next()?.value == Price(amount: 1))
            let error = await #expect(throws: EventSourceError.self) { try await prices.next() }
            #expect(error?.code == .undecodableData)
            #expect(error?.body == #"{"amount":"x"}"#)
            #expect(error?.message.contains(#"the data of an event "message" with id "8" cannot be decoded"#) == true)
            #expect(try await prices.next() == nil)
            await closed.wait()
        }
    }

    @Test func `data that cannot be decoded is skipped for who asks for that`() async throws {
        let text = "data: 1\n\ndata: x\n\ndata: 3\n\n"
        try await ScriptedServer.run(Self.stream(text)) { server async throws in
            struct NotANumber: Error {}
            let invalid = Mutex<[String]>([])
            let numbers = server.source().decode(onInvalid: { error in invalid.withLock { $0.append(error.body) } }) {
                event in
                guard let number = Int(event.data) else { throw NotANumber() }
                return number
            }
            var seen: [Int] = []
            for try await number in numbers { seen.append(number.value) }
            #expect(seen == [1, 3])
            #expect(invalid.withLock { $0 } == ["x"])
        }
    }

    @Test func `a refusal comes through a decoder as it is`() async throws {
        try await ScriptedServer.run([{ try await $0.send("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n") }]) {
            server async throws in
            var prices = server.source().decode(Price.self).makeAsyncIterator()
            let error = await #expect(throws: EventSourceError.self) { try await prices.next() }
            #expect(error?.status == 401)
        }
    }
}
