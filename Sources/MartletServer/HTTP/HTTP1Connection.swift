import HTTPTypes
import Martlet
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// An HTTP/1 connection's codecs, and what is done past them: short answers in one write, and becoming a stream.
///
/// Confined to the connection's event loop.
final class HTTP1Connection: HTTPTransport {
    let ending = HTTPEnding.lingers
    private let encoder: HTTPResponseEncoder
    private let decoder: ByteToMessageHandler<HTTPRequestDecoder>
    private let versions: HTTP1VersionHandler
    private let codec: HTTP1ToHTTPServerCodec
    private let channel: any Channel
    private let isSecure: Bool
    private let handOver: EventLoopPromise<NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>?>

    /// Makes the codecs once, on one thread. Swift 6.3's runtime has been seen to crash when the first connections of
    /// several event loops had it make the metadata of their generic types at the same moment.
    static func warmUp() {
        let codecs: [any ChannelHandler] = [
            HTTPResponseEncoder(), ByteToMessageHandler(HTTPRequestDecoder()), HTTP1VersionHandler(),
            HTTP1ToHTTPServerCodec(secure: false),
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
        self.versions = HTTP1VersionHandler()
        self.codec = HTTP1ToHTTPServerCodec(secure: isSecure)
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(self.encoder)
        try pipeline.addHandler(self.decoder)
        try pipeline.addHandler(self.versions)
        try pipeline.addHandler(self.codec)
    }

    func beginRequest(_ head: HTTPRequest) throws(RequestError) -> Persistence {
        self.versions.next()
        if let problem = self.versions.problem { throw RequestError(.badRequest, problem) }
        return self.versions.keepsAlive ? .persists : .ends
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
        guard self.versions.version != .http1_0 else { return }
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
        let isChunked = self.versions.version != .http1_0
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
        pipeline.removeHandler(self.versions, promise: nil)
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

/// Notes what the shared HTTP types don't tell: the request's version, and whether its connection can go on.
///
/// Confined to the connection's event loop.
final class HTTP1VersionHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart

    /// The request at hand's; requests behind it may have been decoded already.
    private(set) var version = HTTPVersion.http1_1
    private(set) var keepsAlive = true
    /// What the parser lets pass and must not be.
    private(set) var problem: String?
    private var coming = CircularBuffer<(version: HTTPVersion, keepsAlive: Bool, problem: String?)>()

    func next() {
        guard let next = self.coming.popFirst() else { return }
        (self.version, self.keepsAlive, self.problem) = next
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(var head) = self.unwrapInboundIn(data) else { return context.fireChannelRead(data) }
        // Answers go out as HTTP/1.1, whose connections persist; one that speaks 1.0 expects the end to be the end.
        // The decoder stops after a request that offers to change the protocol, since it can't know that we decline.
        let fields = Fields(of: head)
        let keepsAlive = head.isKeepAlive && head.version != .http1_0 && !fields.offersChange
        self.coming.append((head.version, keepsAlive, fields.problem(in: head.version)))
        if !keepsAlive { head.headers.replaceOrAdd(name: "Connection", value: "close") }
        context.fireChannelRead(self.wrapInboundOut(.head(head)))
    }

    /// What matters to the connection, found in one pass.
    private struct Fields {
        private var hosts = 0
        private var namesNoCoding = false
        private(set) var offersChange: Bool

        init(of head: HTTPRequestHead) {
            self.offersChange = head.method == .CONNECT
            for (name, value) in head.headers {
                switch name.utf8.count {
                case 4 where Substring(name).utf8.equals("host"): self.hosts += 1
                case 10 where Substring(name).utf8.equals("connection"):
                    let options = value.utf8.split(separator: UInt8(ascii: ","))
                    if options.contains(where: { $0.withoutOWS.equals("upgrade") }) { self.offersChange = true }
                case 17 where Substring(name).utf8.equals("transfer-encoding"):
                    if value.utf8.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { self.namesNoCoding = true }
                default: break
                }
            }
        }

        func problem(in version: HTTPVersion) -> String? {
            // RFC 9112 §3.2: a request of HTTP/1.1 has exactly one, whichever host it names.
            if self.hosts > 1 { return "The request has more than one Host header field." }
            if self.hosts == 0, version != .http1_0 { return "The request has no Host header field." }
            // One that names no coding says that there is a body, and not where it ends (RFC 9112 §6.1).
            return self.namesNoCoding ? "The Transfer-Encoding header field is empty." : nil
        }
    }
}

@available(*, unavailable)
extension HTTP1VersionHandler: Sendable {}
