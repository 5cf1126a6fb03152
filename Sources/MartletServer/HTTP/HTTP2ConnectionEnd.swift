import NIOCore
import NIOHTTP2

/// The end of an HTTP/2 connection, however it comes: the server is to stop, the peer has closed its half, or what it sends
/// is no HTTP/2. Confined to the connection's event loop.
final class HTTP2ConnectionEnd: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame

    /// How long a peer may take to let go when the server is to stop.
    private static let patience: TimeAmount = .seconds(2)

    private var streams: [ObjectIdentifier: any Channel] = [:]
    private var isEnding = false

    func add(_ stream: any Channel) {
        let key = ObjectIdentifier(stream)
        self.streams[key] = stream
        stream.closeFuture.assumeIsolated().whenComplete { _ in self.streams[key] = nil }
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
