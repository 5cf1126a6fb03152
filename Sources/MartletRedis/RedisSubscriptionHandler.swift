import NIOCore

/// The messages of one subscribing connection, on their way from the socket to the reader. Lives on the connection's
/// event loop.
///
/// What the reader has not taken is bounded: beyond it, reads are held back, so that the server's socket fills up.
final class RedisSubscriptionHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer
    typealias Event = RedisSubscription.Event
    typealias Strategy = NIOAsyncSequenceProducerBackPressureStrategies.HighLowWatermark
    typealias Producer = NIOAsyncSequenceProducer<Event, Strategy, Delegate>

    /// Tells the handler what the reader does.
    struct Delegate: NIOAsyncSequenceProducerDelegate {
        private let handler: NIOLoopBound<RedisSubscriptionHandler>
        private let eventLoop: any EventLoop

        init(handler: RedisSubscriptionHandler, eventLoop: any EventLoop) {
            self.handler = NIOLoopBound(handler, eventLoop: eventLoop)
            self.eventLoop = eventLoop
        }

        func produceMore() {
            self.eventLoop.execute { [handler] in handler.value.readOn() }
        }

        func didTerminate() {
            self.eventLoop.execute { [handler] in handler.value.close() }
        }
    }

    var source: Producer.Source?
    /// Held until the end, because a connection that nobody holds is closed.
    var connection: RedisConnection?
    private let server: String
    private let commands: [RedisCommand]
    private let timeout: TimeAmount?
    private var decoder: RESPDecoder
    private var context: ChannelHandlerContext?
    private var confirmationsMissing: Int
    private var timer: Scheduled<Void>?
    private var isHeldBack = false
    private var wantsToRead = false

    init(server: String, limits: RESPDecoder.Limits, commands: [RedisCommand], timeout: TimeAmount?) {
        self.server = server
        self.decoder = RESPDecoder(limits: limits)
        self.commands = commands
        self.timeout = timeout
        self.confirmationsMissing = commands.reduce(0) { $0 + $1.arguments.count - 1 }
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if self.confirmationsMissing == 0 { self.give([.subscribed]) }
        var bytes = ByteBuffer()
        for command in self.commands { command.write(to: &bytes) }
        if bytes.readableBytes > 0 { context.writeAndFlush(self.wrapOutboundOut(bytes), promise: nil) }
        guard let timeout = self.timeout, self.confirmationsMissing > 0 else { return }
        self.timer = context.eventLoop.assumeIsolated().scheduleTask(in: timeout) {
            self.end(RedisError(.timeout, "the subscription was not confirmed in time", server: self.server))
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.end(RedisError(.unavailable, "the connection is closed", server: self.server))
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.decoder.append(self.unwrapInboundIn(data))
        var events: [Event] = []
        do {
            while let token = try self.decoder.next() {
                if let event = try self.event(of: token) { events.append(event) }
            }
            self.give(events)
        } catch let error as RedisError {
            self.give(events)
            self.end(error)
        } catch {
            self.give(events)
            self.end(RedisError(.protocolViolation, "\(error)", server: self.server))
        }
    }

    func read(context: ChannelHandlerContext) {
        if self.isHeldBack { self.wantsToRead = true } else { context.read() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.end(RedisError(.unavailable, "the server closed the connection", server: self.server))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.end(RedisError(.unavailable, RedisError.reason(error), server: self.server))
    }

    /// The reader has taken what there was.
    private func readOn() {
        self.isHeldBack = false
        guard self.wantsToRead else { return }
        self.wantsToRead = false
        self.context?.read()
    }

    private func close() {
        self.end(RedisError(.unavailable, "the reader has gone", server: self.server))
    }

    private func give(_ events: [Event]) {
        guard !events.isEmpty, let source = self.source else { return }
        if case .stopProducing = source.yield(contentsOf: events) { self.isHeldBack = true }
    }

    private func end(_ error: RedisError) {
        guard let source = self.source else { return }
        self.source = nil
        self.connection = nil
        self.timer?.cancel()
        _ = source.yield(.interrupted(error))
        source.finish()
        self.context?.close(promise: nil)
    }

    /// A push in RESP3, an array in RESP2: `message`, channel, payload, and so on.
    private func event(of token: RESPToken) throws -> Event? {
        if let text = token.errorText { throw RedisError.refused(text, server: self.server) }
        guard let elements = token.elements, let kind = elements.first?.text else { return nil }
        switch (kind, elements.count) {
        case ("message", 3):
            guard let channel = elements[1].bytes, let payload = elements[2].bytes else { return nil }
            return .message(RedisMessage(channel: channel, pattern: nil, payload: payload))
        case ("pmessage", 4):
            guard let pattern = elements[1].bytes, let channel = elements[2].bytes, let payload = elements[3].bytes
            else { return nil }
            return .message(RedisMessage(channel: channel, pattern: pattern, payload: payload))
        case ("subscribe", 3), ("psubscribe", 3):
            guard self.confirmationsMissing > 0 else { return nil }
            self.confirmationsMissing -= 1
            guard self.confirmationsMissing == 0 else { return nil }
            self.timer?.cancel()
            self.timer = nil
            return .subscribed
        default:
            return nil
        }
    }
}

@available(*, unavailable)
extension RedisSubscriptionHandler: Sendable {}
