package import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

extension RedisConnection {
    /// Connects, authenticates and selects the database.
    ///
    /// ```swift
    /// let connection = try await RedisConnection.connect(.init(url: RedisURL("rediss://app:secret@db.example/2")))
    /// ```
    ///
    /// - Parameter eventLoop: Where the connection lives.
    package static func connect(
        _ configuration: Configuration,
        on eventLoop: any EventLoop = MultiThreadedEventLoopGroup.singleton.any()
    ) async throws(RedisError) -> RedisConnection {
        let deadline = NIODeadline.now() + TimeAmount(configuration.connectTimeout)
        let connection = try await self.open(configuration, on: eventLoop)
        do {
            try await connection.greet(configuration, until: deadline)
            return connection
        } catch {
            connection.close()
            // Of what the caller wants to send, nothing was sent.
            throw RedisError(error.code, error.message)
        }
    }

    private static func open(
        _ configuration: Configuration,
        on eventLoop: any EventLoop
    ) async throws(RedisError) -> RedisConnection {
        let server = configuration.url.description
        let context = try self.makeTLSContext(configuration)
        let arrival = Arrival(on: eventLoop)
        let bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(TimeAmount(configuration.connectTimeout))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let context { try pipeline.addHandler(self.makeTLSHandler(context, configuration)) }
                    let handler = RedisChannelHandler(server: server, limits: configuration.limits)
                    try pipeline.addHandler(handler)
                    arrival.add(RedisConnection(channel: channel, handler: handler, configuration: configuration))
                }
            }
        self.connect(bootstrap, to: configuration.url.address).whenComplete { arrival.settle($0) }
        do {
            return try await withTaskCancellationHandler {
                try await arrival.connection.get()
            } onCancel: {
                arrival.settle(.failure(CancellationError()))
            }
        } catch is CancellationError {
            throw RedisError(.cancelled, "the task was cancelled", server: server)
        } catch ChannelError.connectTimeout {
            throw RedisError(.timeout, "no connection within \(configuration.connectTimeout)", server: server)
        } catch {
            throw RedisError(.unavailable, RedisError.reason(error), server: server)
        }
    }

    private static func connect(
        _ bootstrap: ClientBootstrap,
        to address: RedisURL.Address
    ) -> EventLoopFuture<any Channel> {
        switch address {
        case .unixSocket(let path): bootstrap.connect(unixDomainSocketPath: path)
        case .host(let host, let port): TCPKeepAlive.set(on: bootstrap).connect(host: host, port: port)
        }
    }
}

/// What an attempt to connect comes to. Shared by the task that waits for it and the event loop.
///
/// NIO's connecting can't be cancelled: so who is cancelled leaves, and what arrives later is closed.
private final class Arrival: Sendable {
    private struct State {
        var isSettled = false
        /// One for each address of the host that is tried. Made before the channel connects, because one that the peer
        /// ends at once has lost its handlers by the time it is reported.
        var candidates: [RedisConnection] = []
    }

    private let promise: EventLoopPromise<RedisConnection>
    private let state = Mutex(State())

    var connection: EventLoopFuture<RedisConnection> { self.promise.futureResult }

    init(on eventLoop: any EventLoop) {
        self.promise = eventLoop.makePromise()
    }

    func add(_ candidate: RedisConnection) {
        self.state.withLock { $0.candidates.append(candidate) }
    }

    /// Ends the wait. Only the first call counts; a channel that comes with another is closed.
    func settle(_ result: Result<any Channel, any Error>) {
        let (isFirst, candidates) = self.state.withLock { state in
            defer { state = State(isSettled: true) }
            return (!state.isSettled, state.candidates)
        }
        switch result {
        case .success(let channel):
            guard isFirst else { return channel.close(promise: nil) }
            guard let connection = candidates.first(where: { $0.channel === channel }) else {
                return self.promise.fail(ChannelError.ioOnClosedChannel)
            }
            self.promise.succeed(connection)
        case .failure(let error):
            if isFirst { self.promise.fail(error) }
        }
    }
}
