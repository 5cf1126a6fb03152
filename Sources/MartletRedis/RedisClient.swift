package import NIOCore
import NIOPosix
import Synchronization

/// A Redis server, for many tasks at once: one connection that all of them share, made when it is needed.
///
/// The connection is made by whoever sends first, in that task; others who come meanwhile wait for it. There is no task
/// of the client's own and nothing to run: a hub whose Redis sources nobody looks at has no connection, and what fails is
/// told to those who ask. When the connection is lost, the commands on it fail and are not repeated, because they may
/// have run; the next to be sent makes a new one, waiting first as long as the backoff says. So a loop that tries
/// again at once does no harm.
///
/// ```swift
/// let client = RedisClient(.init(url: try RedisURL("redis://127.0.0.1:6379")))
/// let values = try await client.send(RedisCommand("MGET", strings: keys)).elements
/// ```
///
/// Usable from any thread. Lives until ``close()``.
package final class RedisClient: Sendable {
    /// Where to connect to, and how to go on when that fails.
    package struct Configuration: Sendable {
        /// Of each connection.
        package var connection: RedisConnection.Configuration
        /// The wait after a first failure. It doubles with each further one.
        package var firstBackoff = Duration.milliseconds(100)
        /// The longest wait between two attempts.
        package var longestBackoff = Duration.seconds(10)
        /// How many messages a subscription holds for a reader before it stops reading from its socket.
        package var bufferedMessages = 256

        package init(url: RedisURL) {
            self.connection = RedisConnection.Configuration(url: url)
        }
    }

    /// What is known about the server.
    package enum State: Sendable, Hashable {
        /// There is no connection, and none has been asked for since there was one.
        case idle
        /// There is one.
        case connected
        /// The last attempt failed.
        case failed(RedisError)
        /// ``RedisClient/close()`` was called.
        case closed
    }

    let configuration: Configuration
    let eventLoopGroup: any EventLoopGroup
    let timing: Timing
    let sharing: Mutex<Sharing>

    /// - Parameters:
    ///   - eventLoopGroup: Where its connections live.
    ///   - clock: What the backoff is measured with.
    package init(
        _ configuration: Configuration,
        eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.configuration = configuration
        self.eventLoopGroup = eventLoopGroup
        self.timing = Timing(clock)
        self.sharing = Mutex(
            Sharing(backoff: RedisBackoff(first: configuration.firstBackoff, longest: configuration.longestBackoff))
        )
    }

    deinit { self.close() }

    /// Sends a command and waits for its reply, as ``RedisConnection/send(_:timeout:)-(RedisCommand,_)`` does.
    ///
    /// - Parameter timeout: `.none` for commands that block. They hold up everybody else: see ``connect()``.
    package func send(
        _ command: RedisCommand,
        timeout: RedisConnection.ResponseTimeout = .standard
    ) async throws(RedisError) -> RESPToken {
        let connection = try await self.shared()
        do {
            return try await connection.send(command, timeout: timeout)
        } catch  where !connection.isOpen && !error.mayHaveRun && error.code != .cancelled {
            // It ended between the look at it and the sending: nothing was sent.
            return try await self.shared().send(command, timeout: timeout)
        }
    }

    /// Sends commands in one write, in order, with nothing of others in between.
    package func send(
        _ commands: [RedisCommand],
        timeout: RedisConnection.ResponseTimeout = .standard
    ) async -> [Result<RESPToken, RedisError>] {
        do {
            return try await self.shared().send(commands, timeout: timeout)
        } catch {
            return Array(repeating: .failure(error), count: commands.count)
        }
    }

    /// A connection of one's own, for commands that block. It is the caller's to close, and to make anew.
    package func connect() async throws(RedisError) -> RedisConnection {
        try await RedisConnection.connect(self.configuration.connection, on: self.eventLoopGroup.any())
    }

    /// What is known about the server, without asking it.
    package var state: State {
        self.sharing.withLock { $0.state }
    }

    /// Closes the connection, for good. Whoever waits gets an error.
    package func close() {
        let (connection, waiters) = self.sharing.withLock { $0.close() }
        connection?.close()
        let error = self.closedError
        for waiter in waiters { waiter.resume(returning: .failed(error)) }
    }

    var closedError: RedisError {
        RedisError(.unavailable, "the client was closed", server: self.configuration.connection.url.description)
    }
}
