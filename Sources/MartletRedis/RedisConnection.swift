import NIOCore

/// One connection to a Redis server, on which commands are pipelined: whoever sends doesn't wait for the replies to what
/// others sent.
///
/// An actor pinned to the event loop of its channel. It ends when it is closed, when the server ends it, when a reply
/// is late or no RESP; from then on every command fails with ``RedisError/Code/unavailable`` or the reason of the end.
/// ``RedisClient`` makes a new one.
///
/// ```swift
/// let connection = try await RedisConnection.connect(.init(url: RedisURL("redis://127.0.0.1")))
/// let value = try await connection.send(RedisCommand("GET", "visits")).integer
/// connection.close()
/// ```
package final actor RedisConnection {
    /// The server, for messages.
    package nonisolated let server: String
    /// 3, or 2 if the server knows no better.
    package private(set) var protocolVersion = 2
    nonisolated let channel: any Channel
    private nonisolated let executor: any SerialExecutor
    private nonisolated let end: RedisChannelHandler.End
    private nonisolated let handler: NIOLoopBound<RedisChannelHandler>
    private let responseTimeout: TimeAmount?

    package nonisolated var unownedExecutor: UnownedSerialExecutor { self.executor.asUnownedSerialExecutor() }

    /// Called on the channel's event loop.
    init(channel: any Channel, handler: RedisChannelHandler, configuration: Configuration) {
        self.server = configuration.url.description
        self.channel = channel
        self.executor = channel.eventLoop.executor
        self.end = handler.end
        self.handler = NIOLoopBound(handler, eventLoop: channel.eventLoop)
        self.responseTimeout = configuration.responseTimeout.map { TimeAmount($0) }
    }

    deinit { self.channel.close(promise: nil) }

    /// Whether commands can be sent, as far as is known.
    package nonisolated var isOpen: Bool { !self.end.hasCome }

    /// Sends a command and waits for its reply.
    ///
    /// If the task is cancelled, it stops waiting at once, and the reply is discarded when it comes. The command may run
    /// all the same: an item that `BRPOP` takes for a cancelled task is lost, one that `BLMOVE` moves is not. Behind a
    /// command that blocks, other commands wait for their turn; give it a connection of its own.
    ///
    /// - Parameter timeout: `.none` for commands that block.
    /// - Throws: Also if the reply is an error.
    package func send(
        _ command: RedisCommand,
        timeout: ResponseTimeout = .standard
    ) async throws(RedisError) -> RESPToken {
        if let refusal = self.refusal { throw refusal }
        let (handler, eventLoop) = (self.handler, self.channel.eventLoop)
        let id = handler.value.nextID
        let reply = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let waiter = RedisReplyQueue.Waiter.one(continuation)
                handler.value.send(CollectionOfOne(command), timeout: self.amount(timeout), waiter: waiter)
            }
        } onCancel: {
            eventLoop.execute { handler.value.cancel(id) }
        }
        return try reply.get()
    }

    /// Sends commands in one write, in order, with nothing of others in between, and waits for all replies.
    ///
    /// - Parameter timeout: For each reply, counted from the one before it.
    /// - Returns: A result for each command. If the connection breaks half-way, the replies that came are there.
    package func send(
        _ commands: [RedisCommand],
        timeout: ResponseTimeout = .standard
    ) async -> [Result<RESPToken, RedisError>] {
        if commands.isEmpty { return [] }
        if let refusal = self.refusal { return Array(repeating: .failure(refusal), count: commands.count) }
        let (handler, eventLoop) = (self.handler, self.channel.eventLoop)
        let id = handler.value.nextID
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let batch = RedisReplyQueue.Batch(count: commands.count, continuation: continuation)
                handler.value.send(commands, timeout: self.amount(timeout), waiter: .many(batch))
            }
        } onCancel: {
            eventLoop.execute { handler.value.cancel(id) }
        }
    }

    /// Closes the connection. Everybody who waits for a reply gets an error.
    package nonisolated func close() {
        self.channel.eventLoop.execute { [handler] in handler.value.close() }
    }

    private var refusal: RedisError? {
        if Task.isCancelled { return RedisError(.cancelled, "the task was cancelled", server: self.server) }
        return self.handler.value.refusal
    }

    private func amount(_ timeout: ResponseTimeout) -> TimeAmount? {
        switch timeout {
        case .standard: self.responseTimeout
        case .none: nil
        case .after(let duration): TimeAmount(duration)
        }
    }

    func startTracking(_ tracking: RedisTracking) {
        self.handler.value.startTracking(tracking)
    }

    func speaks(version: Int) {
        self.protocolVersion = version
    }

    /// Puts a handler for messages in the place of the one for replies. Nothing may be sent from here on.
    func becomeSubscription(_ subscription: RedisSubscriptionHandler) throws {
        let pipeline = self.channel.pipeline.syncOperations
        try pipeline.addHandler(subscription, position: .after(self.handler.value))
        _ = pipeline.removeHandler(self.handler.value)
        subscription.connection = self
    }
}
