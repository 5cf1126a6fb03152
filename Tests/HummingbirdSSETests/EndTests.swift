import Hummingbird
import HummingbirdCore
import HummingbirdSSE
import NIOCore
import ServerSentEvents
import Synchronization
import Testing

/// How clients leave.
enum Leaving: CaseIterable {
    case close, halfClose, reset

    func leave(_ client: Client) async throws {
        switch self {
        case .close: await client.close()
        case .halfClose: try await client.endOutput()
        case .reset: try await client.reset()
        }
    }
}

@Suite("How streams end")
struct EndTests {
    /// Neither heartbeats nor stalls tell that a client has gone.
    private static let silent = EventStreamOptions(heartbeat: nil, stall: nil)

    private static func waiting(_ open: Counter, _ router: Router<BasicRequestContext>) {
        router.sse("waiting", options: Self.silent) { _, _ in
            try await open.during { try await Task.sleep(for: .seconds(1000)) }
        }
        router.sse("values", every: .seconds(1000), options: Self.silent) { _ in
            try await open.during { try await Task.sleep(for: .seconds(1000)) }
            return 1
        }
        router.get("sequence") { request, context in
            let (events, source) = AsyncStream.makeStream(of: Event.self)
            open.add(1)
            source.onTermination = { _ in open.add(-1) }
            return Response.sse(events, for: request, context: context, options: Self.silent)
        }
    }

    @Test(arguments: ["/waiting", "/values", "/sequence"], Leaving.allCases)
    func `A closure that waits is cancelled when its client leaves`(_ path: String, _ leaving: Leaving) async throws {
        let open = Counter()
        try await Served.run {
            Self.waiting(open, $0)
        } _: { served in
            let client = try await served.get(path)
            try await eventually("the stream begins") { open.value == 1 }
            try await client.expect(":\n\n")
            try await leaving.leave(client)
            try await eventually("the closure ends") { open.value == 0 }
            try await eventually("the connection ends") { client.hasEnded }
            #expect(served.errors.isEmpty)
        }
    }

    @Test(arguments: Leaving.allCases)
    func `A client that leaves at once leaves nothing behind`(_ leaving: Leaving) async throws {
        let (open, began) = (Counter(), Counter())
        try await Served.run {
            Self.waiting(open, $0)
            $0.sse("marked", options: Self.silent) { _, _ in
                began.add()
                try await open.during { try await Task.sleep(for: .seconds(1000)) }
            }
        } _: { served in
            for _ in 0..<20 { try await leaving.leave(try await served.get("/waiting")) }
            // Whatever was accepted before this has been looked at.
            let last = try await served.get("/marked")
            try await eventually("the last begins") { began.value == 1 }
            await last.close()
            try await eventually("the closures end") { open.value == 0 }
            #expect(served.errors.isEmpty)
        }
    }

    @Test func `A thousand clients that join and leave leave no task behind`() async throws {
        let open = Counter()
        try await Served.run {
            Self.waiting(open, $0)
        } _: { served in
            for round in 0..<10 {
                var clients: [Client] = []
                for _ in 0..<100 { clients.append(try await served.get("/waiting")) }
                try await eventually("100 streams, round \(round)") { open.value == 100 }
                for (index, client) in clients.enumerated() {
                    try await Leaving.allCases[index % Leaving.allCases.count].leave(client)
                }
                try await eventually("no stream, round \(round)") { open.value == 0 }
            }
        }
    }

    @Test func `A closure that sends is told that its client has gone`() async throws {
        let codes = Mutex<[EventStreamError.Code]>([])
        try await Served.run {
            $0.sse("sending", options: Self.silent) { _, stream in
                do {
                    while true {
                        try await stream.send("x")
                        try? await Task.sleep(for: .milliseconds(1))
                    }
                } catch let error as EventStreamError {
                    codes.withLock { $0.append(error.code) }
                    throw error
                }
            }
        } _: { served in
            let client = try await served.get("/sending")
            try await eventually("events") { client.body.contains("data: x\n\n") }
            await client.close()
            try await eventually("the error") { codes.withLock { $0 } == [.clientGone] }
            #expect(served.errors.isEmpty)
        }
    }

    @Test func `What a closure began and left behind can't send after it`() async throws {
        let kept = Mutex<EventStream?>(nil)
        try await Served.run {
            $0.sse("kept") { _, stream in kept.withLock { $0 = stream } }
        } _: { served in
            let client = try await served.get("/kept")
            try await eventually("the end") { client.isComplete }
            let stream = try #require(kept.withLock { $0 })
            let error = await #expect(throws: EventStreamError.self) { try await stream.send("x") }
            #expect(error?.code == .finished)
            try await client.expect(":\n\n")
        }
    }

    @Test func `A send that is cancelled ends at once, and the stream goes on`() async throws {
        try await Served.run {
            $0.sse("cancelled", options: Self.silent) { _, stream in
                let task = Task {
                    withUnsafeCurrentTask { $0?.cancel() }
                    try await stream.send("never")
                }
                await #expect(throws: CancellationError.self) { try await task.value }
                try await stream.send("after")
            }
        } _: { served in
            try await served.get("/cancelled").expect(":\n\ndata: after\n\n")
        }
    }

    // MARK: Clients that don't play along

    @Test func `Who doesn't read holds the closure up, and not more than the sockets' buffers`() async throws {
        let sent = Counter()
        let block = String(repeating: "x", count: 1 << 20)
        try await Served.run {
            $0.sse("much", options: Self.silent) { _, stream in
                while true {
                    try await stream.send(block)
                    sent.add()
                }
            }
        } _: { served in
            let client = try await served.stalled("/much", sending: sent)
            let before = sent.value
            // The kernel takes a few MiB at most; then one event is on its way, and none behind it.
            #expect(sent.value < 16)
            try await client.read()
            try await eventually("the closure goes on") { sent.value > before + 20 }
            await client.close()
        }
    }

    @Test func `Who takes nothing for too long is closed`() async throws {
        let clock = TestClock()
        let codes = Mutex<[EventStreamError.Code]>([])
        let sent = Counter()
        let block = String(repeating: "x", count: 1 << 20)
        let options = EventStreamOptions(heartbeat: nil, stall: .seconds(60), clock: clock)
        try await Served.run {
            $0.sse("much", options: options) { _, stream in
                do {
                    while true {
                        try await stream.send(block)
                        sent.add()
                    }
                } catch let error as EventStreamError {
                    codes.withLock { $0.append(error.code) }
                }
            }
        } _: { served in
            let client = try await served.stalled("/much", sending: sent)
            await clock.sleeper(of: .seconds(60))
            clock.advance(by: .seconds(59))
            #expect(codes.withLock { $0.isEmpty })
            clock.advance(by: .seconds(1))
            try await eventually("the stall is noticed") { codes.withLock { $0 } == [.stalled] }
            try await client.read()
            try await eventually("the connection ends") { client.hasEnded }
            #expect(!client.isComplete)
        }
    }

    @Test func `A request with a body, however long, doesn't hide that its client leaves`() async throws {
        let open = Counter()
        try await Served.run {
            Self.waiting(open, $0)
        } _: { served in
            let client = try await served.get("/waiting", headers: "Content-Length: 100000000")
            try await eventually("the stream begins") { open.value == 1 }
            for _ in 0..<50 { try await client.send(String(repeating: "b", count: 100_000)) }
            #expect(open.value == 1)
            await client.close()
            try await eventually("the closure ends") { open.value == 0 }
        }
    }

    @Test func `A stream that has ended holds up no shutdown, also if its client holds on to the connection`()
        async throws
    {
        try await Served.run {
            $0.sse("short") { _, stream in try await stream.send("x") }
        } _: { served in
            let client = try await served.get("/short")
            try await eventually("the end") { client.isComplete && client.hasEnded }
            await served.shutDown()
        }
    }

    @Test func `Who reads late gets what was sent before the closure returned`() async throws {
        let clock = TestClock()
        let gate = Signal()
        let (sent, returned) = (Counter(), Counter())
        let block = String(repeating: "x", count: 1 << 20)
        try await Served.run {
            $0.sse("much", options: EventStreamOptions(heartbeat: nil, stall: nil, clock: clock)) { _, stream in
                await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        while true {
                            try await stream.send(block)
                            sent.add()
                        }
                    }
                    await gate.wait()
                    group.cancelAll()
                }
                returned.add()
            }
        } _: { served in
            let client = try await served.stalled("/much", sending: sent)
            gate.set()
            try await eventually("the closure returns") { returned.value == 1 }
            clock.advance(by: .seconds(1000))
            try await client.read()
            try await eventually("the end") { client.isComplete }
            // The event that was on its way is whole.
            let length = ":\n\n".utf8.count + (sent.value + 1) * ("data: \n\n".utf8.count + block.utf8.count)
            #expect(client.body.utf8.count == length)
        }
    }

    @Test func `Who asks for more on the same connection, and leaves, is missed by a heartbeat`() async throws {
        let clock = TestClock()
        let open = Counter()
        try await Served.run {
            $0.sse("waiting", options: EventStreamOptions(stall: nil, clock: clock)) { _, _ in
                try await open.during { try await Task.sleep(for: .seconds(1000)) }
            }
        } _: { served in
            let client = try await served.get("/waiting")
            try await client.send("GET /waiting HTTP/1.1\r\nHost: localhost\r\n\r\n")
            try await client.expect(":\n\n")
            await client.close()
            try await eventually("the closure ends") {
                clock.advance(by: .seconds(1))
                return open.value == 0
            }
        }
    }

    @Test(arguments: [false, true], Leaving.allCases)
    func `A handler that has read the body of its request is told too`(_ isKept: Bool, _ leaving: Leaving) async throws
    {
        let open = Counter()
        try await Served.run {
            $0.post("ask") { request, context in
                var request = request
                let question =
                    isKept
                    ? try await request.collectBody(upTo: 100) : try await request.body.collect(upTo: 100)
                return Response.sse(for: request, context: context, options: Self.silent) { stream in
                    try await stream.send(String(buffer: question))
                    try await open.during { try await Task.sleep(for: .seconds(1000)) }
                }
            }
        } _: { served in
            let client = try await served.get("/ask", method: "POST", headers: "Content-Length: 4")
            try await client.send("why?")
            try await client.expect(":\n\ndata: why?\n\n")
            try await eventually("the closure waits") { open.value == 1 }
            try await leaving.leave(client)
            try await eventually("the closure ends") { open.value == 0 }
        }
    }

    // MARK: Shutdown

    @Test func `A shutdown ends a hundred open streams, properly`() async throws {
        let open = Counter()
        try await Served.run {
            Self.waiting(open, $0)
        } _: { served in
            var clients: [Client] = []
            for _ in 0..<100 { clients.append(try await served.get("/waiting")) }
            try await eventually("100 streams") { open.value == 100 }
            for client in clients { try await client.expect(":\n\n") }
            await served.shutDown()
            #expect(open.value == 0)
            for client in clients { try await eventually("the end") { client.isComplete && client.hasEnded } }
            #expect(served.errors.isEmpty)
        }
    }

    @Test func `A server whose task is cancelled ends its streams`() async throws {
        let open = Counter()
        try await Served.run {
            Self.waiting(open, $0)
        } _: { served in
            let client = try await served.get("/waiting")
            try await eventually("the stream begins") { open.value == 1 }
            served.cancel()
            try await eventually("the closure ends") { open.value == 0 }
            try await eventually("the connection ends") { client.hasEnded }
        }
    }

    @Test func `A shutdown tells closures that send, and waits for no client that doesn't read`() async throws {
        let clock = TestClock(skips: { $0 == .seconds(5) })
        let codes = Mutex<[EventStreamError.Code]>([])
        let sent = Counter()
        let block = String(repeating: "x", count: 1 << 20)
        try await Served.run {
            $0.sse("much", options: EventStreamOptions(heartbeat: nil, stall: nil, clock: clock)) { _, stream in
                do {
                    while true {
                        try await stream.send(block)
                        sent.add()
                    }
                } catch let error as EventStreamError {
                    codes.withLock { $0.append(error.code) }
                    throw error
                }
            }
        } _: { served in
            _ = try await served.stalled("/much", sending: sent)
            await served.shutDown()
            #expect(codes.withLock { $0 } == [.shutdown])
            #expect(served.errors.isEmpty)
        }
    }
}
