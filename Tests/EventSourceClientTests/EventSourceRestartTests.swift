import ServerSentEvents
import Testing

@testable import EventSourceClient

/// A restart from another task, whatever the reader is doing.
@Suite(.timeLimit(.minutes(1))) struct EventSourceRestartTests {
    enum Moment: CaseIterable { case connecting, redirected, refused, reading, waiting }

    private static let last: ScriptedServer.Step = { exchange in
        try await exchange.openStream()
        try await exchange.send("data: last\n\n")
    }

    @Test(arguments: Moment.allCases)
    func `a restart connects again at once, and is no failure`(moment: Moment) async throws {
        let clock = TestClock()
        let reached = Signal()
        let stalled: ScriptedServer.Step = { exchange in
            switch moment {
            case .connecting, .redirected: break
            case .refused: try await exchange.send("HTTP/1.1 500 Oh\r\n\r\nbecause")
            case .reading: try await exchange.openStream("X: y\r\n")
            case .waiting: return
            }
            reached.set()
            await exchange.clientClosed()
        }
        let redirect: ScriptedServer.Step = {
            try await $0.send("HTTP/1.1 307 X\r\nContent-Length: 0\r\nLocation: /other\r\nConnection: close\r\n\r\n")
        }
        try await ScriptedServer.run((moment == .redirected ? [redirect] : []) + [stalled, Self.last]) {
            server async throws in
            let source = server.source(clock: clock)
            let reading = Task {
                var items: [EventSource.Item] = []
                for try await item in source.items {
                    items.append(item)
                    if case .event = item { break }
                }
                return items
            }
            switch moment {
            case .waiting: await clock.sleeper(of: .seconds(3))
            case .refused: await clock.sleeper(of: .seconds(5))
            case .connecting, .redirected, .reading: await reached.wait()
            }
            source.restart()
            let names = try await reading.value.compactMap(name)
            let expected: [Moment: [String]] = [
                .reading: ["connecting", "open", "connecting", "open"],
                .waiting: ["connecting", "waiting: cannotConnect, 3.0 seconds", "connecting", "open"],
            ]
            // Whether the head of the stream was seen before the restart is a race that both may win.
            let others = ["connecting", "connecting", "open"]
            #expect(names == expected[moment] ?? others || moment == .reading && names == others)
            #expect(server.requests.last?.line == "GET /stream HTTP/1.1")
        }
    }

    @Test func `it goes on after the last event, without what was unfinished`() async throws {
        try await ScriptedServer.run([
            { exchange in
                try await exchange.openStream()
                try await exchange.send("id: 7\ndata: 1\n\nid: 8\ndata: unfin")
                await exchange.clientClosed()
            }, Self.last,
        ]) { server async throws in
            let source = server.source(clock: TestClock())
            var events = source.makeAsyncIterator()
            #expect(try await events.next()?.data == "1")
            source.restart()
            #expect(try await events.next() == MessageEvent(type: "message", data: "last", lastEventID: "7"))
            #expect(server.requests.map { $0["Last-Event-ID"] } == [nil, "7"])
        }
    }

    @Test func `the connection is closed while nobody asks for the next event`() async throws {
        let closed = Signal()
        try await ScriptedServer.run([
            { exchange in
                try await exchange.openStream()
                try await exchange.send("data: 1\n\n")
                await exchange.clientClosed()
                closed.set()
            }
        ]) { server async throws in
            let source = server.source()
            var events = source.makeAsyncIterator()
            #expect(try await events.next()?.data == "1")
            source.restart()
            await closed.wait()
            #expect(try await events.next() == nil)
        }
    }

    @Test func `a restart before, after and without a reader does nothing`() async throws {
        try await ScriptedServer.run([Self.last]) { server async throws in
            let source = server.source()
            source.restart()
            var events = source.makeAsyncIterator()
            source.restart()
            #expect(try await events.next()?.data == "last")
            #expect(try await events.next() == nil)
            source.restart()
            #expect(try await events.next() == nil)
            #expect(server.requests.count == 2)
        }
    }

    @Test(arguments: [1, nil])
    func `a restart goes before whatever is found at the same time`(found: Int?) async {
        let source = EventSource("http://127.0.0.1:1/")
        let reader = EventReader(source, reportsComments: false)
        do throws(EventReader.Interruption) {
            _ = try await reader.wait(within: nil, isolation: #isolation) { () -> Int? in
                // What it breaks off is found as a failure, which is none.
                source.restart()
                return found
            }
            Issue.record("the restart is not noticed")
        } catch {
            #expect(error == .restarted)
        }
    }

    @Test func `a hundred restarts in a row leave one connection`() async throws {
        let stalled: ScriptedServer.Step = { exchange in
            try await exchange.openStream()
            await exchange.clientClosed()
        }
        try await ScriptedServer.run(Array(repeating: stalled, count: 100) + [Self.last]) { server async throws in
            let source = server.source(clock: TestClock())
            let reading = Task {
                var opened = 0
                for try await item in source.items {
                    if item == .state(.open) {
                        opened += 1
                        source.restart()
                    }
                    if opened == 100 { break }
                }
                return opened
            }
            #expect(try await reading.value == 100)
            #expect(server.requests.count == 100)
        }
    }
}
