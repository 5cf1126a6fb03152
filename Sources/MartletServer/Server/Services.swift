import Hummingbird
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// Runs a task until graceful shutdown; what it is in the midst of then is up to the task's handling of cancellation.
struct Background: Service {
    private let body: @Sendable () async throws -> Void

    init(_ body: @escaping @Sendable () async throws -> Void) {
        self.body = body
    }

    func run() async throws {
        do {
            try await cancelWhenGracefulShutdown { try await self.body() }
        } catch is CancellationError {
            return
        }
        // Something that has nothing to do is no reason to end the program.
        try? await gracefulShutdown()
    }
}

/// A listening Hummingbird application, with an error an operator can act on when it can't listen.
struct Listener<App: ApplicationProtocol>: Service {
    let app: App
    let address: BindAddress
    let key: String

    func run() async throws {
        do {
            try await self.app.run()
        } catch let error as IOError {
            throw ListenError(address: self.address, key: self.key, reason: error)
        }
    }
}

/// Says why a listener could not be bound.
///
/// ```swift
/// do {
///     try await server.run()
/// } catch let error as ListenError {
///     print(error)  // names the address, and the setting that changes it
/// }
/// ```
public struct ListenError: Error, Sendable, CustomStringConvertible {
    /// What happened, where, and what to change.
    public let description: String

    init(address: BindAddress, key: String, reason: IOError) {
        let hint =
            reason.errnoCode == EADDRINUSE
            ? "another program is listening there; stop it, or set \"\(key)\" to another address"
            : "\(reason)"
        self.description = "Cannot listen on \(address): \(hint)."
    }
}

/// Ends the streams before the listeners close, so that clients come back one after another.
///
/// It takes a second even without streams (if `duration` allows it), so that a load balancer sees `/readyz` turn before
/// connections are refused.
struct Drain: Service {
    let endpoint: HubEndpoint
    let duration: Duration
    let logger: Logger

    func run() async throws {
        try? await gracefulShutdown()
        let streams = self.endpoint.openStreams
        self.logger.notice("Shutting down: ending \(streams) streams within \(self.duration)")
        self.endpoint.drain(over: TimeAmount(self.duration))
        let start = ContinuousClock.now
        let end = start + self.duration
        while self.endpoint.openStreams > 0 || ContinuousClock.now - start < .seconds(1), ContinuousClock.now < end {
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}
