import HTTPTypes
import Martlet
import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// An HTTP/1 connection's codecs, and what is done past them: short answers in one write, and becoming a stream.
///
/// Confined to the connection's event loop.
final class HTTP1Connection: HTTPTransport {
    let ending = HTTPEnding.lingers
    private let encoder: HTTPResponseEncoder
    private let decoder: ByteToMessageHandler<HTTPRequestDecoder>
    private let codec: HTTP1Codec
    private let channel: any Channel
    private let isSecure: Bool
    private let handOver: EventLoopPromise<NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>?>

    /// Makes the codecs once, on one thread. Swift 6.3's runtime has been seen to crash when the first connections of
    /// several event loops had it make the metadata of their generic types at the same moment.
    static func warmUp() {
        let codecs: [any ChannelHandler] = [
            HTTPResponseEncoder(), ByteToMessageHandler(HTTPRequestDecoder()), HTTP1Codec(isSecure: false),
        ]
        for codec in codecs {
            _ = codec is any RemovableChannelHandler
            _ = codec is any _ChannelInboundHandler
            _ = codec is any _ChannelOutboundHandler
        }
    }

    /// Adds the codecs to a new connection's pipeline.
    ///
    /// - Parameters:
    ///   - isSecure: whether TLS lies between the pipeline's bytes and the socket.
    ///   - handOver: kept once a request for Hummingbird has come; nil says that none will.
    init(
        _ channel: any Channel,
        isSecure: Bool,
        limits: HubEndpoint.Limits,
        handOver: EventLoopPromise<NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>?>
    ) throws {
        var decoderLimits = NIOHTTPDecoderLimitConfiguration()
        decoderLimits.maxHeaderFieldSize = limits.headerBytes
        decoderLimits.maxHeaderListSize = limits.headerBytes
        self.channel = channel
        self.isSecure = isSecure
        self.handOver = handOver
        self.encoder = HTTPResponseEncoder()
        self.decoder = ByteToMessageHandler(
            HTTPRequestDecoder(
                leftOverBytesStrategy: .dropBytes,
                informationalResponseStrategy: .drop,
                limitConfiguration: decoderLimits
            ),
            // What the parser has not told of yet, such as blanks before a value, is part of the head too.
            maximumBufferSize: limits.headerBytes + 1024
        )
        self.codec = HTTP1Codec(isSecure: isSecure)
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(self.encoder)
        try pipeline.addHandler(self.decoder)
        try pipeline.addHandler(self.codec)
    }

    func beginRequest(_ head: HTTPRequest) throws(RequestError) -> Persistence {
        self.codec.next()
        if let problem = self.codec.problem { throw RequestError(.badRequest, problem) }
        return self.codec.keepsAlive ? .persists : .ends
    }

    func handOver(_ channel: NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>?) {
        self.handOver.succeed(channel)
    }

    var unsentBytes: Int {
        let buffered = (try? self.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        return buffered + (StreamSocket(self.channel)?.unacknowledged ?? 0)
    }

    /// Made here and sent at once: for an answer of some bytes the encoder would take three buffers.
    func send(_ response: HubResponse, date: String, close: Bool) {
        var bytes = self.channel.allocator.buffer(capacity: 256 + response.body.utf8.count)
        if case .ok = response.status {
            bytes.writeStaticString("HTTP/1.1 200 OK\r\n")
        } else {
            bytes.writeString("HTTP/1.1 \(response.status.code) \(response.status.reasonPhrase)\r\n")
        }
        bytes.writeHeader("Date", date)
        for (name, value) in response.fields { bytes.writeHeader(name, value) }
        if close { bytes.writeHeader("Connection", "close") }
        if response.hasLength { bytes.writeHeader("Content-Length", String(response.body.utf8.count)) }
        bytes.writeStaticString("\r\n")
        if !response.headOnly { bytes.writeString(response.body) }
        self.sendBytes(bytes)
    }

    func noteEnd(_ written: EventLoopFuture<Void>) {}

    func sendContinue() {
        guard self.codec.version != .http1_0 else { return }
        self.sendBytes(ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n"))
    }

    func closeAfterWrites() {
        guard let context = try? self.channel.pipeline.syncOperations.context(handler: self.encoder) else { return }
        let written = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(NIOAny(ByteBuffer()), promise: written)
        let channel = self.channel
        written.futureResult.whenComplete { _ in channel.close(promise: nil) }
    }

    private func sendBytes(_ bytes: ByteBuffer) {
        // From the encoder's place on, so past it.
        guard let context = try? self.channel.pipeline.syncOperations.context(handler: self.encoder) else { return }
        context.writeAndFlush(NIOAny(bytes), promise: nil)
    }

    func becomeStream(_ opening: StreamOpening, replacing handler: HubHandler) throws {
        let isChunked = self.codec.version != .http1_0
        let stream = StreamHandler(
            StreamMembership(opening),
            framing: isChunked ? .chunked : .untilClose,
            isSecure: self.isSecure,
            coding: opening.coding
        )
        var head = self.channel.allocator.buffer(capacity: 512)
        head.writeStaticString("HTTP/1.1 200 OK\r\n")
        head.writeHeader("Date", opening.shared.date.now)
        for (name, value) in opening.response.fields { head.writeHeader(name, value) }
        head.writeStaticString(isChunked ? "Transfer-Encoding: chunked\r\n\r\n" : "Connection: close\r\n\r\n")

        let pipeline = self.channel.pipeline.syncOperations
        try pipeline.addHandler(stream, position: .after(handler))
        pipeline.removeHandler(handler, promise: nil)
        pipeline.removeHandler(self.codec, promise: nil)
        pipeline.removeHandler(self.encoder, promise: nil)
        // This one goes in the next turn of the loop, since it is in the midst of decoding.
        pipeline.removeHandler(self.decoder, promise: nil)
        stream.begin(head: head, opening)
    }
}

extension ByteBuffer {
    /// A header line. No value that gets here holds a line break; should one ever, it must not begin a line of its own.
    fileprivate mutating func writeHeader(_ name: String, _ value: String) {
        self.writeString(name)
        self.writeStaticString(": ")
        if value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) { self.writeString(value) }
        self.writeStaticString("\r\n")
    }
}
