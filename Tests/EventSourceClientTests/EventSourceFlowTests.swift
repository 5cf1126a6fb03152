import NIOCore
import ServerSentEvents
import Synchronization
import Testing

@testable import EventSourceClient

/// When nothing comes, when nobody reads, when nobody wants it any more.
@Suite(.timeLimit(.minutes(1))) struct EventSourceFlowTests {
    @Test func `a connection that is silent for too long is left for a new one`() async throws {
        let clock = TestClock()
        let firstClosed = Signal()
        try await ScriptedServer.run([
            { exchange in
                try await exchange.openStream()
                try await exchange.send("data: 1\n\n")
                await exchange.clientClosed()
                firstClosed.set()
            }
        ]) { server async throws in
            let received = Signal()
            async let states = {
                var states: [String] = []
                for try await item in server.source(idleTimeout: .seconds(45), clock: clock).items {
                    if case .event = item { received.set() }
                    if let state = name(of: item) { states.append(state) }
                }
                return states
            }()
            await received.wait()
            await clock.sleeper(of: .seconds(45))
            clock.advance(by: .seconds(45))
            await clock.sleeper(of: .seconds(3))
            await firstClosed.wait()
            clock.advance(by: .seconds(3))
            #expect(
                try await states == [
                    "connecting", "open", "waiting: idleTimeout, 3.0 seconds", "connecting", "closed",
                ]
            )
        }
    }

    @Test func `a server that does not answer is left too`() async throws {
        let clock = TestClock()
        let asked = Signal()
        try await ScriptedServer.run([
            { exchange in
                asked.set()
                await exchange.clientClosed()
            }
        ]) { server async throws in
            async let outcome = events(of: server.source(idleTimeout: .seconds(45), clock: clock))
            await asked.wait()
            await clock.sleeper(of: .seconds(45))
            clock.advance(by: .seconds(45))
            await clock.sleeper(of: .seconds(3))
            clock.advance(by: .seconds(3))
            #expect(try await outcome.isEmpty)
        }
    }

    @Test func `who does not read stops the server from sending`() async throws {
        let event = ByteBuffer(string: "data: \(String(repeating: "x", count: 64 << 10))\n\n")
        let accepted = Atomic(0)
        let stalled = Signal()
        try await ScriptedServer.run([
            { exchange in
                try await exchange.openStream()
                let outbound = exchange.outbound
                // The kernel's buffers fill in real time; no clock of ours can move that.
                for _ in 0..<4096 {
                    guard await finishes(within: .milliseconds(500), { try await outbound.write(event) }) else { break }
                    accepted.add(event.readableBytes, ordering: .relaxed)
                }
                stalled.set()
            }
        ]) { server async throws in
            var events = server.source().makeAsyncIterator()
            for _ in 0..<3 { #expect(try await events.next() != nil) }
            await stalled.wait()
            // Of 256 MiB on offer it took what the kernel's buffers hold, which may be tens of MiB, and a read or two.
            #expect(accepted.load(ordering: .relaxed) < 128 << 20)
            #expect(try await events.next() != nil)
        }
    }

    enum Moment: CaseIterable { case connecting, reading, waiting }

    @Test(arguments: Moment.allCases)
    func `cancellation ends the sequence quietly and at once`(moment: Moment) async throws {
        let clock = TestClock()
        let (reached, closed) = (Signal(), Signal())
        try await ScriptedServer.run([
            { exchange in
                if moment != .connecting { try await exchange.openStream() }
                if moment == .waiting {
                    closed.set()
                    return
                }
                if moment == .connecting { reached.set() }
                await exchange.clientClosed()
                closed.set()
            }
        ]) { server async throws in
            let source = server.source(clock: clock)
            let reading = Task {
                var items: [EventSource.Item] = []
                for try await item in source.items {
                    items.append(item)
                    if item == .state(.open), moment == .reading { reached.set() }
                }
                return items
            }
            if moment == .waiting { await clock.sleeper(of: .seconds(3)) } else { await reached.wait() }
            let begin = ContinuousClock.now
            reading.cancel()
            #expect(try await reading.value.last == .state(.closed))
            await closed.wait()
            #expect(begin.duration(to: .now) < .seconds(1))
        }
    }

    @Test func `a dropped iterator closes its connection`() async throws {
        let closed = Signal()
        try await ScriptedServer.run([
            { exchange in
                try await exchange.openStream()
                try await exchange.send("data: 1\n\n")
                await exchange.clientClosed()
                closed.set()
            }
        ]) { server async throws in
            for try await event in server.source() {
                #expect(event.data == "1")
                break
            }
            await closed.wait()
        }
    }
}
