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
            deadline.end()
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
        let end = HTTP2ConnectionEnd(
            deadlines: endpoint.shared(on: channel.eventLoop).deadlines,
            limits: endpoint.limits
        )
        var connection = NIOHTTP2Handler.ConnectionConfiguration()
        connection.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: endpoint.limits.streamsPerConnection),
            // More than a request may have, which is refused by itself: what exceeds this ends the connection, and every
            // stream in it.
            HTTP2Setting(parameter: .maxHeaderListSize, value: max(endpoint.limits.headerBytes * 4, 64 << 10)),
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
                let transport = try HTTP2Stream(stream, headerBytes: endpoint.limits.headerBytes) { offered.yield($0) }
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
