import NIOCore
import NIOHTTP2

/// The end of an HTTP/2 connection, however it comes: the server is to stop, the peer has closed its half, nothing is asked
/// for, or what it sends is no HTTP/2. Confined to the connection's event loop.
///
/// NIO's management handler says goodbye to a connection that is idle. It leaves alone one on which no stream was ever
/// opened, since it begins with an event that comes before TLS has chosen the protocol; and it waits for the answer to its
/// goodbye without end. Both are closed here.
final class HTTP2ConnectionEnd: ChannelInboundHandler, HasDeadline {
    typealias InboundIn = HTTP2Frame

    /// How long a peer may take to let go when the server is to stop.
    private static let patience: TimeAmount = .seconds(2)

    private let deadlines: Deadlines
    private let keepAlive: TimeAmount
    /// The first request has as long as the first head of an HTTP/1 connection, however its bytes come.
    private(set) var deadline: NIODeadline
    var deadlineSlot = -1
    private var context: ChannelHandlerContext?
    private var streams: [ObjectIdentifier: any Channel] = [:]
    private var isEnding = false

    init(deadlines: Deadlines, limits: HubEndpoint.Limits) {
        self.deadlines = deadlines
        self.keepAlive = limits.keepAlive
        self.deadline = .now() + limits.headerTimeout
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        self.deadlines.add(self)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.deadlines.remove(self)
        self.context = nil
    }

    func add(_ stream: any Channel) {
        let key = ObjectIdentifier(stream)
        self.streams[key] = stream
        self.deadline = .distantFuture
        stream.closeFuture.assumeIsolated().whenComplete { _ in
            self.streams[key] = nil
            // The goodbye comes first.
            if self.streams.isEmpty { self.deadline = .now() + self.keepAlive + Self.patience }
        }
    }

    func deadlinePassed() {
        self.deadline = .distantFuture
        self.context?.close(promise: nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            // Nothing can be asked for any more, and a stream without its peer is nobody's.
            context.close(promise: nil)
        case let event as ChannelShouldQuiesceEvent:
            for stream in Array(self.streams.values) {
                stream.pipeline.syncOperations.fireUserInboundEventTriggered(event)
            }
            let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
            let closing = context.eventLoop.scheduleTask(in: Self.patience) { bound.value.close(promise: nil) }
            context.channel.closeFuture.whenComplete { _ in closing.cancel() }
        default: break
        }
        context.fireUserInboundEventTriggered(event)
    }

    /// What is wrong with one stream ends that stream. Anything else has been answered by GOAWAY, and what comes now is not
    /// understood any more (RFC 9113 §5.4.1).
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard !(error is NIOHTTP2Errors.StreamError), !self.isEnding else { return }
        self.isEnding = true
        context.flush()
        context.close(promise: nil)
    }
}

@available(*, unavailable)
extension HTTP2ConnectionEnd: Sendable {}
