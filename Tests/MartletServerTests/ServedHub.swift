import HTTPTypes
import Hummingbird
import Logging
import Martlet
import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization
import Testing

@testable import MartletServer

/// A hub served by a real server on a real socket, as long as a test runs.
///
/// Ids are `test-1`, `test-2`, … Beside the hub there are `/healthz` and `/readyz` as in the product, `/big` (8 MiB),
/// `/echo`, and `/drip`, whose body has no length that is known before, and is given to HEAD too, as that of `/said` is. When the test is over, its connections are closed, and the server must notice that of every one.
final class ServedHub: Sendable {
    static let path = HubEndpoint.hubPath
    static let bigBytes = 8 << 20

    /// No comment comes in between what a test expects.
    static let quiet = Hub.Settings(heartbeat: .hours(1))

    let hub: Hub
    let endpoint: HubEndpoint
    let port: Int
    private let services: ServiceGroup
    private let hubTask: Task<Void, any Error>
    private let serviceTask: Task<Void, any Error>
    private let ended: Flag
    private let wires = Mutex<[Wire]>([])

    private init(
        hub: Hub,
        endpoint: HubEndpoint,
        port: Int,
        services: ServiceGroup,
        hubTask: Task<Void, any Error>,
        serviceTask: Task<Void, any Error>,
        ended: Flag
    ) {
        self.hub = hub
        self.endpoint = endpoint
        self.port = port
        self.services = services
        self.hubTask = hubTask
        self.serviceTask = serviceTask
        self.ended = ended
    }

    /// Runs `test` on a thread where it may block.
    static func run<Result>(
        log: any EventLog = MemoryLog(epoch: Epoch("test")!),
        limits: HubEndpoint.Limits = HubEndpoint.Limits(),
        settings: Hub.Settings = ServedHub.quiet,
        access: Access = .loopback,
        subscriptions: Bool = false,
        loops: Int = 2,
        _ test: (ServedHub) async throws -> Result
    ) async throws -> Result {
        await Slots.shared.take()
        defer { Slots.shared.give() }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: loops)
        let hub = Hub(log: log, eventLoopGroup: group, settings: settings)
        let endpoint = HubEndpoint(
            hub: hub,
            limits: limits,
            access: access,
            subscriptions: subscriptions,
            isAlone: true
        )
        let hubTask = Task { try await hub.run() }
        let (ports, portKnown) = AsyncStream.makeStream(of: Int.self)
        let app = Application(
            router: self.router(endpoint),
            server: .hub(endpoint),
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { portKnown.yield($0.localAddress?.port ?? 0) },
            eventLoopGroupProvider: .shared(group),
            logger: .silent
        )
        let services = ServiceGroup(configuration: .init(services: [app], logger: .silent))
        let ended = Flag()
        let serviceTask = Task {
            defer { ended.raise() }
            try await services.run()
        }
        let port = await ports.first { _ in true } ?? 0
        let served = ServedHub(
            hub: hub,
            endpoint: endpoint,
            port: port,
            services: services,
            hubTask: hubTask,
            serviceTask: serviceTask,
            ended: ended
        )

        let result: Swift.Result<Result, any Error>
        do {
            result = .success(try await TestThread.run { try await test(served) })
        } catch {
            result = .failure(error)
        }
        for wire in served.wires.withLock({ $0 }) { wire.close() }
        try await served.expectNoConnections()
        // Hummingbird's shutdown, once begun, must not outlast its event loops.
        if !serviceTask.isCancelled { await services.triggerGracefulShutdown() }
        if await eventually({ ended.isRaised }) {
            _ = try? await serviceTask.value
            hubTask.cancel()
            try await hubTask.value
            try await group.shutdownGracefully()
        } else {
            Issue.record("the server did not shut down though no connection is open")
        }
        return try result.get()
    }

    private static func router(_ endpoint: HubEndpoint) -> Router<BasicRequestContext> {
        let router = Router()
        router.addHealth(of: endpoint)
        router.get("/big") { _, _ in Response(status: .ok, body: ResponseBody(byteBuffer: self.big)) }
        for method in [HTTPRequest.Method.get, .head] {
            router.on("/said", method: method) { _, _ in "said" }
            router.on("/drip", method: method) { _, _ in
                Response(
                    status: .ok,
                    body: ResponseBody { writer in
                        for drop in ["one", "two"] { try await writer.write(ByteBuffer(string: drop)) }
                        try await writer.finish(nil)
                    }
                )
            }
        }
        router.post("/echo") { request, _ in
            Response(status: .ok, body: ResponseBody(byteBuffer: try await request.body.collect(upTo: 1 << 20)))
        }
        return router
    }

    /// The body of `/big`: blocks that differ from their neighbours.
    private static let big: ByteBuffer = {
        var buffer = ByteBufferAllocator().buffer(capacity: bigBytes)
        for number in 0..<bigBytes / 1024 { buffer.writeRepeatingByte(UInt8(number % 251), count: 1024) }
        return buffer
    }()

    /// Whether `bytes` are the body of `/big`.
    static func isBig(_ bytes: [UInt8]) -> Bool {
        ByteBuffer(bytes: bytes) == self.big
    }

    /// A new connection; it is closed when the test is over, if not before.
    func connect(receiveBuffer: Int? = nil, sendBuffer: Int? = nil) throws -> Wire {
        let wire = try Wire(port: self.port, receiveBuffer: receiveBuffer, sendBuffer: sendBuffer)
        self.wires.withLock { $0.append(wire) }
        return wire
    }

    /// Ends the hub, while the server goes on.
    func endHub() {
        self.hubTask.cancel()
    }

    /// Begins the server's graceful shutdown, without draining streams before.
    func beginShutdown() async {
        await self.services.triggerGracefulShutdown()
    }

    /// Cancels the task that the server runs in.
    func cancelServer() {
        self.serviceTask.cancel()
    }

    /// Whether the server's task has ended.
    var hasEnded: Bool { self.ended.isRaised }

    var openConnections: Int { self.endpoint.connections.load(ordering: .relaxed) }
    var openStreams: Int { self.endpoint.openStreams }

    /// Fails unless every connection has been noticed to be closed.
    private func expectNoConnections() async throws {
        let isEmpty = await eventually { self.openConnections == 0 && self.openStreams == 0 }
        if !isEmpty {
            Issue.record("\(self.openConnections) connections and \(self.openStreams) streams are left")
        }
        let counted = try await self.hub.counters().reduce(0) { $0 + $1.streams }
        #expect(counted == 0, "subscribers left in the shards")
    }
}

/// Waits until something holds; false if it does not within the time.
func eventually(within seconds: Double = 10, _ condition: () async throws -> Bool) async rethrows -> Bool {
    let end = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < end {
        if try await condition() { return true }
        // A test that is over its time is cancelled.
        guard (try? await Task.sleep(for: .milliseconds(2))) != nil else { break }
    }
    return try await condition()
}

/// Something that happened, once.
final class Flag: Sendable {
    private let state = Atomic(false)

    var isRaised: Bool { self.state.load(ordering: .acquiring) }

    func raise() {
        self.state.store(true, ordering: .releasing)
    }
}

extension Logger {
    static var silent: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}

/// So many servers run at a time, however many tests there are.
private final class Slots: Sendable {
    static let shared = Slots(free: 8)

    private let state: Mutex<(free: Int, waiting: [CheckedContinuation<Void, Never>])>

    init(free: Int) {
        self.state = Mutex((free, []))
    }

    func take() async {
        await withCheckedContinuation { continuation in
            let isFree = self.state.withLock { state in
                if state.free > 0 {
                    state.free -= 1
                    return true
                }
                state.waiting.append(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
    }

    func give() {
        let next = self.state.withLock { state -> CheckedContinuation<Void, Never>? in
            if state.waiting.isEmpty {
                state.free += 1
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.resume()
    }
}
