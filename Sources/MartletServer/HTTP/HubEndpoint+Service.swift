public import Martlet
import NIOCore
import NIOPosix
public import ServiceLifecycle

extension HubEndpoint: Service {
    /// Runs the hub with its log and its sources until graceful shutdown or cancellation, see `Hub.run()`.
    ///
    /// As a service of the application it ends after the server, which ends the streams:
    ///
    /// ```swift
    /// let app = Application(router: router, server: .hub(endpoint), services: [endpoint])
    /// ```
    ///
    /// - Throws: what a source of the hub threw.
    public func run() async throws {
        try await cancelWhenGracefulShutdown { try await self.hub.run() }
        // Whoever runs services takes one that ends for one that failed.
        try? await gracefulShutdown()
    }

    /// Ends the streams and polls of a subject, also those that are being opened, such as those of a user who has logged
    /// out. Their clients come back and are asked about again, see ``Access/decided(origins:trustedProxies:logger:by:)``;
    /// those who may come in again miss nothing. End what decides about them, such as the session, before.
    ///
    /// ```swift
    /// endpoint.endStreams(of: user.id)
    /// ```
    ///
    /// - Parameter subject: as it was granted, see ``Permission/subject``; `""` ends none.
    public func endStreams(of subject: String) {
        if subject.isEmpty { return }
        for (eventLoop, shared) in self.loops {
            eventLoop.execute {
                shared.value.streamsBySubject.end(subject)
            }
        }
    }
}

extension Hub {
    /// Makes a hub on the event loops that Hummingbird's applications use if they aren't told otherwise.
    ///
    /// ```swift
    /// let hub = Hub(log: MemoryLog())
    /// ```
    ///
    /// - Parameters:
    ///   - log: where updates are kept.
    ///   - settings: how streams are treated.
    ///   - sources: what publishes to the hub as long as it runs.
    public convenience init(log: any EventLog, settings: Settings = Settings(), sources: [any Source] = []) {
        self.init(
            log: log,
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            settings: settings,
            sources: sources
        )
    }
}
