import Martlet
import NIOCore
import NIOHTTP2
import NIOHTTPTypes
import NIOSSL
import NIOTLS

extension HubChannel {
    /// How many resets of streams a connection may send in half a minute. A proxy that carries many browsers over one
    /// connection resets a stream whenever one of them leaves; an attack (CVE-2023-44487) sends thousands a second.
    private static let resetsPerHalfMinute = 2000

    /// TLS, then HTTP/1.1 or HTTP/2 as the client chooses (RFC 7301).
    static func setUpTLS(
        _ channel: any Channel,
        context: NIOSSLContext,
        endpoint: HubEndpoint
    ) throws -> EventLoopFuture<HandOver> {
        let pipeline = channel.pipeline.syncOperations
        let deadline = HandshakeDeadline(
            deadlines: endpoint.shared(on: channel.eventLoop).deadlines,
            timeout: endpoint.limits.headerTimeout
        )
        let negotiation = NIOTypedApplicationProtocolNegotiationHandler<HandOver> { result, channel in
            deadline.isOver = true
            return channel.eventLoop.makeCompletedFuture {
                switch result {
                case .negotiated("h2"):
                    try Self.setUpHTTP2(channel, endpoint: endpoint)
                case .negotiated, .fallback:
                    try Self.setUpHTTP1(channel, isSecure: true, endpoint: endpoint)
                }
            }
        }
        try pipeline.addHandler(NIOSSLServerHandler(context: context))
        try pipeline.addHandler(deadline)
        try pipeline.addHandler(negotiation)
        return negotiation.protocolNegotiationResult
    }

    /// HTTP/2: a pipeline with a ``HubHandler`` for each of its streams.
    private static func setUpHTTP2(_ channel: any Channel, endpoint: HubEndpoint) throws -> HandOver {
        // Not bounded here, since it is by the number of streams a peer may open.
        let (streams, offered) = AsyncStream.makeStream(of: Requests.self)
        channel.closeFuture.whenComplete { _ in offered.finish() }

        let management = NIOHTTP2ServerConnectionManagementHandler(
            eventLoop: channel.eventLoop,
            configuration: .init(
                maxIdleTime: endpoint.limits.keepAlive,
                maxAge: nil,
                maxGraceTime: .seconds(2),
                keepalive: .init(pingInterval: .seconds(60), ackTimeout: .seconds(20))
            )
        )
        let end = HTTP2ConnectionEnd()
        var connection = NIOHTTP2Handler.ConnectionConfiguration()
        connection.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: endpoint.limits.streamsPerConnection),
            HTTP2Setting(parameter: .maxHeaderListSize, value: endpoint.limits.headerBytes),
        ]
        var stream = NIOHTTP2Handler.StreamConfiguration()
        stream.streamResetFrameRateLimit.maximumCount = Self.resetsPerHalfMinute
        let bound = NIOLoopBound(end, eventLoop: channel.eventLoop)
        let handler = NIOHTTP2Handler(
            mode: .server,
            eventLoop: channel.eventLoop,
            connectionConfiguration: connection,
            streamConfiguration: stream,
            streamDelegate: management.http2StreamDelegate
        ) { stream in
            stream.eventLoop.makeCompletedFuture {
                let transport = try HTTP2Stream(stream) { offered.yield($0) }
                try stream.pipeline.syncOperations.addHandler(HubHandler(transport, on: stream, endpoint: endpoint))
                bound.value.add(stream)
            }
        }
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(handler)
        try pipeline.addHandler(management)
        try pipeline.addHandler(end)
        return .streams(streams)
    }
}

/// Closes a connection that does not get through TLS in time. Confined to the connection's event loop.
final class HandshakeDeadline: ChannelInboundHandler, HasDeadline {
    typealias InboundIn = NIOAny

    let deadline: NIODeadline
    var deadlineSlot = -1
    /// The handshake is done.
    var isOver = false {
        didSet { self.deadlines.remove(self) }
    }
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
}

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
extension HandshakeDeadline: Sendable {}

@available(*, unavailable)
extension HTTP2ConnectionEnd: Sendable {}
