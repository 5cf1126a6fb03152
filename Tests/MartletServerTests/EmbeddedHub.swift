import Hummingbird
import Logging
import Martlet
import MartletServer
import NIOCore
import NIOPosix
import ServiceLifecycle

/// A Hummingbird application with a hub in it, put together of public parts as an application would, on a free port.
struct EmbeddedHub {
    let hub: Hub
    let endpoint: HubEndpoint
    let port: Int
    let services: ServiceGroup

    func connect() throws -> Wire { try Wire(port: self.port) }

    /// How many streams and polls there are.
    func openStreams() async throws -> Int {
        try await self.hub.counters().reduce(0) { $0 + $1.streams }
    }

    /// Serves as long as `test` runs, which may block its thread.
    static func run(
        log: any EventLog = MemoryLog(),
        sources: [any Source] = [],
        limits: HubEndpoint.Limits = HubEndpoint.Limits(),
        access: Access = .loopback,
        hasShortForm: Bool = true,
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        _ test: (EmbeddedHub) async throws -> Void
    ) async throws {
        let hub = Hub(log: log, sources: sources)
        let endpoint = HubEndpoint(hub: hub, limits: limits, access: access, hasShortForm: hasShortForm)
        let router = Router()
        router.addBrowserClient()
        router.addHealth(of: endpoint)
        router.get("own") { _, _ in "own" }
        router.get("topics/own") { _, _ in "the application's" }
        router.post("greet") { _, _ in
            try await hub.publish(Update(topic: "greetings", data: "hello"))
        }
        let (ports, known) = AsyncStream.makeStream(of: Int.self)
        let app = Application(
            router: router,
            server: .hub(endpoint),
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
            services: [endpoint],
            onServerRunning: { known.yield($0.localAddress?.port ?? 0) },
            eventLoopGroupProvider: .shared(group),
            logger: .silent
        )
        let services = ServiceGroup(configuration: .init(services: [app], logger: .silent))
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { try await services.run() }
            let port = await ports.first { _ in true } ?? 0
            let embedded = EmbeddedHub(hub: hub, endpoint: endpoint, port: port, services: services)
            let result: Result<Void, any Error>
            do {
                result = .success(try await TestThread.run { try await test(embedded) })
            } catch {
                result = .failure(error)
            }
            await services.triggerGracefulShutdown()
            try result.get()
            try await tasks.waitForAll()
        }
    }
}
