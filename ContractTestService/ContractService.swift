import AsyncHTTPClient
import Hummingbird
import Logging
import ServiceLifecycle
import UnixSignals

/// The service as a whole: its HTTP server, the streams it has open, and the way to end it.
struct ContractService {
    /// The port to listen on; 0 for one that is free.
    let port: Int
    /// What callbacks are posted with.
    let client: HTTPClient
    /// What ends it from outside.
    var signals: [UnixSignal] = [.sigterm, .sigint]

    /// Serves until a `DELETE /`, a signal to end, or cancellation.
    ///
    /// - Parameter onRunning: Called with the port, once it listens there.
    func run(onRunning: @escaping @Sendable (Int) async -> Void = { _ in }) async throws {
        let streams = OpenStreams(client: client)
        let quitting = QuitSwitch()
        var logger = Logger(label: "ContractTestService")
        logger.logLevel = .warning
        let server = Application(
            router: router(streams: streams, quitting: quitting),
            configuration: .init(address: .hostname("127.0.0.1", port: port)),
            onServerRunning: { await onRunning($0.localAddress?.port ?? 0) },
            logger: logger
        )
        let group = ServiceGroup(
            configuration: .init(
                services: [
                    .init(service: server),
                    .init(service: streams),
                    .init(service: quitting, successTerminationBehavior: .gracefullyShutdownGroup),
                ],
                gracefulShutdownSignals: signals,
                logger: logger
            )
        )
        try await group.run()
    }
}

/// Ends the service from within: a service whose end is the end of all.
final class QuitSwitch: Service {
    private let (signals, signal) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    func quit() {
        signal.yield()
    }

    func run() async {
        for await _ in signals.cancelOnGracefulShutdown() { return }
    }
}
