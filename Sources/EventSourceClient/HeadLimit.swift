import NIOCore
import NIOHTTP1

/// Ends an HTTP/1 connection whose answer has a head that is too long.
///
/// NIO's parser bounds the headers, but neither the words behind the status nor what it drops. This counts bytes in
/// front of the parser until the head has come out behind it. Lives in the pipeline of one connection.
final class HeadLimit: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private static let bytes = 256 << 10

    /// What may still come of the head; `nil` while a body is on its way.
    private var left: Int? = bytes

    /// Puts a limit around the parser of a connection.
    static func add(to channel: any Channel) throws {
        let pipeline = channel.pipeline.syncOperations
        let parser = try pipeline.handler(type: ByteToMessageHandler<HTTPResponseDecoder>.self)
        let limit = HeadLimit()
        try pipeline.addHandler(limit, position: .before(parser))
        try pipeline.addHandler(Watch(limit), position: .after(parser))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if let left {
            let rest = left - Self.unwrapInboundIn(data).readableBytes
            self.left = rest
            if rest < 0 {
                context.fireErrorCaught(HTTPParserError.headerOverflow)
                return context.close(promise: nil)
            }
        }
        context.fireChannelRead(data)
    }

    /// Sees behind the parser where heads and answers end.
    private final class Watch: ChannelInboundHandler {
        typealias InboundIn = HTTPClientResponsePart
        typealias InboundOut = HTTPClientResponsePart

        private let limit: HeadLimit

        init(_ limit: HeadLimit) {
            self.limit = limit
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch Self.unwrapInboundIn(data) {
            case .head: limit.left = nil
            case .body: break
            case .end: limit.left = HeadLimit.bytes
            }
            context.fireChannelRead(data)
        }
    }
}

@available(*, unavailable)
extension HeadLimit: Sendable {}
