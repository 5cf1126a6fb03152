import NIOCore

/// Closes a connection that does not get through TLS in time. Confined to the connection's event loop.
final class HandshakeDeadline: ChannelInboundHandler, RemovableChannelHandler, HasDeadline {
    typealias InboundIn = NIOAny

    let deadline: NIODeadline
    var deadlineSlot = -1
    private let deadlines: Deadlines
    private var context: ChannelHandlerContext?

    init(deadlines: Deadlines, timeout: TimeAmount) {
        self.deadlines = deadlines
        self.deadline = .now() + timeout
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        self.deadlines.add(self)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        self.deadlines.remove(self)
    }

    func deadlinePassed() {
        self.context?.close(mode: .all, promise: nil)
    }

    /// The handshake is done.
    func end() {
        guard let context = self.context else { return }
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // Who has not even got through TLS has nothing to lose when the server is to stop.
        if event is ChannelShouldQuiesceEvent { return context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }
}

@available(*, unavailable)
extension HandshakeDeadline: Sendable {}
