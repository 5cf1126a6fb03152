import NIOCore
import Synchronization

/// The commands and replies of one connection. Lives on the connection's event loop, which ``RedisConnection`` is
/// pinned to.
///
/// Commands of one turn of the loop leave in one write: whoever sends while others do joins them, and nobody waits.
final class RedisChannelHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Whether the connection has ended, for other threads to look at. The channel itself may need a while to close.
    final class End: Sendable {
        private let value = Atomic(false)
        var hasCome: Bool { self.value.load(ordering: .acquiring) }
        fileprivate func come() { self.value.store(true, ordering: .releasing) }
    }

    let end = End()
    private let server: String
    private var decoder: RESPDecoder
    private var queue = RedisReplyQueue()
    private var context: ChannelHandlerContext?
    private var outgoing = ByteBuffer()
    private var timer: (task: Scheduled<Void>, deadline: NIODeadline)?
    /// Who is told of changes to keys.
    private var tracking: RedisTracking?
    /// What went wrong, once it has. Nothing is sent any more.
    private var failure: RedisError?

    init(server: String, limits: RESPDecoder.Limits) {
        self.server = server
        self.decoder = RESPDecoder(limits: limits)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        // Without the context first: the channel may live on with another handler.
        self.context = nil
        self.fail(RedisError(.unavailable, "the connection is closed", server: self.server))
    }

    /// The id of whoever sends next.
    var nextID: Int { self.queue.nextID }

    /// The reason why nothing can be sent.
    var refusal: RedisError? {
        if let failure = self.failure { return failure }
        return self.context == nil ? RedisError(.unavailable, "there is no connection", server: self.server) : nil
    }

    /// Sends commands, whose replies are the waiter's. With a ``refusal``, the waiter gets it at once.
    func send(_ commands: some Sequence<RedisCommand>, timeout: TimeAmount?, waiter: RedisReplyQueue.Waiter) {
        if let refusal = self.refusal { return waiter.fail(refusal) }
        guard let context = self.context else { return }
        context.eventLoop.preconditionInEventLoop()
        if self.outgoing.readableBytes == 0 {
            context.eventLoop.assumeIsolated().execute { self.flush() }
        }
        for command in commands { command.write(to: &self.outgoing) }
        self.queue.append(waiter, timeout: timeout, at: context.eventLoop.now)
        self.setTimer()
    }

    /// Tells of changes to keys until the connection ends.
    func startTracking(_ tracking: RedisTracking) {
        if self.failure != nil { return }
        self.tracking = tracking
        tracking.changed(.telling)
    }

    /// Lets one who waits go.
    func cancel(_ id: Int) {
        let error = RedisError(.cancelled, "the task was cancelled", server: self.server, mayHaveRun: true)
        self.queue.abandon(id, error)
    }

    /// Closes the connection, and lets everybody go.
    func close() {
        self.fail(RedisError(.unavailable, "the connection was closed", server: self.server))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.decoder.append(self.unwrapInboundIn(data))
        let now = context.eventLoop.now
        do {
            while let token = try self.decoder.next() { self.receive(token, at: now) }
        } catch {
            let isTooLarge = error.code == .limitExceeded
            self.fail(RedisError(.protocolViolation, error.message, server: self.server, isTooLarge: isTooLarge))
        }
        self.setTimer()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.fail(RedisError(.unavailable, "the server closed the connection", server: self.server))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.fail(RedisError(.unavailable, RedisError.reason(error), server: self.server))
    }

    private func receive(_ token: RESPToken, at now: NIODeadline) {
        if case .push(let elements) = token {
            self.tracking?.receive(elements)
            return
        }
        let reply: RedisReplyQueue.Reply =
            if let text = token.errorText { .failure(.refused(text, server: self.server)) } else { .success(token) }
        if self.queue.receive(reply, at: now) { return }
        // A server that turns us away says so before it is asked, and closes.
        if case .failure(let error) = reply { return self.fail(error) }
        self.fail(RedisError(.protocolViolation, "there was a reply that nobody asked for", server: self.server))
    }

    private func flush() {
        guard let context = self.context, self.failure == nil, self.outgoing.readableBytes > 0 else { return }
        let bytes = self.outgoing
        self.outgoing = ByteBuffer()
        context.writeAndFlush(self.wrapOutboundOut(bytes), promise: nil)
    }

    private func fail(_ error: RedisError) {
        guard self.failure == nil else { return }
        self.failure = error
        self.end.come()
        self.timer?.task.cancel()
        self.timer = nil
        self.outgoing = ByteBuffer()
        self.queue.failAll(error.afterSending())
        if let tracking = self.tracking {
            self.tracking = nil
            tracking.changed(.lost)
            tracking.invalidated(nil)
        }
        self.context?.close(promise: nil)
    }

    /// One timer a connection: it is set anew only when it has run, or is too late for who has become the first.
    private func setTimer() {
        guard self.failure == nil, let context = self.context, let deadline = self.queue.deadline else { return }
        if let timer = self.timer {
            if timer.deadline <= deadline { return }
            timer.task.cancel()
        }
        let task = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { self.timerFired() }
        self.timer = (task, deadline)
    }

    private func timerFired() {
        self.timer = nil
        guard let context = self.context, let deadline = self.queue.deadline else { return }
        if deadline <= context.eventLoop.now {
            // Whatever comes later could not be told from the reply to the next command.
            self.fail(RedisError(.timeout, "no reply in time; the connection is closed", server: self.server))
        } else {
            self.setTimer()
        }
    }
}

@available(*, unavailable)
extension RedisChannelHandler: Sendable {}
