import Hummingbird
import HummingbirdCore
import InMemoryLogging
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Testing

/// A Hummingbird application on a real socket, as long as a test runs.
///
/// When the test is over, its clients have been closed, and the application must end on its own.
final class Served: Sendable {
    /// An error in the log.
    struct Report: Equatable {
        static let closureFailed = "The stream's closure failed"
        static let leftOut = "A value for a stream can't be encoded, and is left out"

        var message: String
        var route: String?
        var error: String?
    }

    let port: Int
    private let log: InMemoryLogHandler
    private let services: ServiceGroup
    private let clients: Clients
    private let task: Task<Void, any Error>

    private init(port: Int, log: InMemoryLogHandler, services: ServiceGroup, task: Task<Void, any Error>) {
        self.port = port
        self.log = log
        self.services = services
        self.clients = Clients()
        self.task = task
    }

    /// Serves what `build` adds to a router.
    static func run(
        server: HTTPServerBuilder = .http1(),
        options: RouterOptions = [],
        _ build: (Router<BasicRequestContext>) -> Void,
        _ test: (Served) async throws -> Void
    ) async throws {
        let router = Router(options: options)
        build(router)
        try await self.run(router, server: server, test)
    }

    /// Serves a router of any context.
    static func run<Context: RequestContext>(
        _ router: Router<Context>,
        server: HTTPServerBuilder = .http1(),
        _ test: (Served) async throws -> Void
    ) async throws where Context: InitializableFromSource<ApplicationRequestContextSource> {
        let log = InMemoryLogHandler()
        let (ports, portKnown) = AsyncStream.makeStream(of: Int.self)
        let app = Application(
            router: router,
            server: server,
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { portKnown.yield($0.localAddress?.port ?? 0) },
            logger: Logger(label: "test") { _ in log }
        )
        let services = ServiceGroup(
            configuration: .init(services: [app], logger: Logger(label: "services") { _ in log })
        )
        let task = Task { try await services.run() }
        let served = Served(port: await ports.first { _ in true } ?? 0, log: log, services: services, task: task)
        let result: Result<Void, any Error>
        do { result = .success(try await test(served)) } catch { result = .failure(error) }
        await served.clients.close()
        await served.expectEnd()
        try result.get()
    }

    /// A client that has sent a request for `path`.
    func get(
        _ path: String,
        method: String = "GET",
        headers: String...,
        configure: (inout Client.Options) -> Void = { _ in }
    ) async throws -> Client {
        let client = try await self.connect(configure)
        let lines = ["\(method) \(path) HTTP/1.1", "Host: localhost"] + headers
        try await client.send(lines.joined(separator: "\r\n") + "\r\n\r\n")
        return client
    }

    /// A client that has asked for a path, and reads nothing; the closure is held up by that.
    ///
    /// - Parameter sent: counts what the closure has sent.
    func stalled(_ path: String, sending sent: Counter) async throws -> Client {
        let client = try await self.get(path) {
            $0.reads = false
            $0.receiveBuffer = 4096
        }
        try await sent.comesToRest()
        return client
    }

    /// A client that has sent nothing.
    func connect(_ configure: (inout Client.Options) -> Void = { _ in }) async throws -> Client {
        var options = Client.Options()
        configure(&options)
        let client = try await Client.connect(port: self.port, options)
        self.clients.add(client)
        return client
    }

    /// What has been logged as an error.
    var errors: [Report] { self.reports(.error) }

    /// What has been logged as information.
    var notes: [Report] { self.reports(.info) }

    private func reports(_ level: Logger.Level) -> [Report] {
        self.log.entries.filter { $0.level == level }.map {
            Report(
                message: $0.message.description,
                route: $0.metadata["route"]?.description,
                error: $0.metadata["error"]?.description
            )
        }
    }

    /// Shuts down gracefully, and fails if that takes too long.
    func shutDown() async {
        await self.expectEnd()
    }

    /// Cancels the task that the application runs in.
    func cancel() {
        self.task.cancel()
    }

    private func expectEnd() async {
        await self.services.triggerGracefulShutdown()
        let hasEnded = Signal()
        let watch = Task {
            _ = try? await self.task.value
            hasEnded.set()
        }
        do {
            try await eventually("the application ends") { hasEnded.isSet }
        } catch {
            Issue.record("\(error)")
            self.task.cancel()
        }
        await watch.value
    }
}
