import HTTPTypes
import Martlet
import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOHTTPTypes
import NIOHTTPTypesHTTP2

/// One stream of an HTTP/2 connection: a request and its answer. Confined to the connection's event loop.
final class HTTP2Stream: HTTPTransport {
    let ending = HTTPEnding.ends
    /// What a peer hasn't got is held by the connection's flow control, which doesn't tell.
    let unsentBytes = 0

    private let channel: any Channel
    private let codec: HTTP2FramePayloadToHTTPServerCodec
    private let headerBytes: Int
    private let offer: (NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>) -> Void
    /// The write that ends the answer.
    private var end: EventLoopFuture<Void>?

    /// Adds the codec to a new stream's pipeline.
    ///
    /// - Parameters:
    ///   - headerBytes: the most bytes of a request's head.
    ///   - offer: called if its request is for Hummingbird.
    init(
        _ channel: any Channel,
        headerBytes: Int,
        offer: @escaping (NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>) -> Void
    ) throws {
        self.channel = channel
        self.headerBytes = headerBytes
        self.codec = HTTP2FramePayloadToHTTPServerCodec()
        self.offer = offer
        try channel.pipeline.syncOperations.addHandler(self.codec)
    }

    func beginRequest(_ head: HTTPRequest) throws(RequestError) -> Persistence {
        // What is no UTF-8 was made this character on the way here; HTTP/1's parser refuses it by itself.
        guard head.path?.unicodeScalars.contains("\u{FFFD}") != true else {
            throw RequestError(.badRequest, "The path is not valid UTF-8; what is not ASCII should be percent-encoded.")
        }
        // As RFC 9113 §6.5.2 counts, but for the 32 bytes that a table would take.
        let size = head.headerFields.reduce(head.path?.utf8.count ?? 0) {
            $0 + $1.name.rawName.utf8.count + $1.value.utf8.count
        }
        guard size <= self.headerBytes else { throw .headTooLarge(self.headerBytes) }
        return .ends
    }

    func handOver(_ channel: NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>?) {
        if let channel { self.offer(channel) }
    }

    func send(_ response: HubResponse, date: String, close: Bool) {
        guard let context = self.context else { return }
        var headers = Self.headers(of: response, date: date)
        if response.hasLength { headers.add(name: "content-length", value: String(response.body.utf8.count)) }
        let hasBody = !response.headOnly && !response.body.isEmpty
        let promise = context.eventLoop.makePromise(of: Void.self)
        self.end = promise.futureResult
        context.write(
            NIOAny(HTTP2Frame.FramePayload.headers(.init(headers: headers, endStream: !hasBody))),
            promise: hasBody ? nil : promise
        )
        if hasBody {
            let body = IOData.byteBuffer(context.channel.allocator.buffer(string: response.body))
            context.write(NIOAny(HTTP2Frame.FramePayload.data(.init(data: body, endStream: true))), promise: promise)
        }
        context.flush()
    }

    func noteEnd(_ written: EventLoopFuture<Void>) {
        self.end = written
    }

    func sendContinue() {
        let frame = HTTP2Frame.FramePayload.headers(.init(headers: [":status": "100"]))
        self.context?.writeAndFlush(NIOAny(frame), promise: nil)
    }

    /// Once the answer has ended, the stream closes when the request has too; if that goes on, it is told that nobody
    /// reads it (RFC 9113 §8.1).
    func closeAfterWrites() {
        guard let end = self.end else { return self.channel.close(promise: nil) }
        end.assumeIsolated().whenComplete { _ in
            guard self.channel.isActive else { return }
            self.context?.writeAndFlush(NIOAny(HTTP2Frame.FramePayload.rstStream(.noError)), promise: nil)
        }
    }

    func becomeStream(_ opening: StreamOpening, replacing handler: HubHandler) throws {
        let stream = HTTP2StreamHandler(StreamMembership(opening), coding: opening.coding)
        let pipeline = self.channel.pipeline.syncOperations
        try pipeline.addHandler(stream, position: .after(handler))
        pipeline.removeHandler(handler, promise: nil)
        pipeline.removeHandler(self.codec, promise: nil)
        stream.begin(headers: Self.headers(of: opening.response, date: opening.shared.date.now), opening)
    }

    /// From the codec's place on, so past it.
    private var context: ChannelHandlerContext? {
        try? self.channel.pipeline.syncOperations.context(handler: self.codec)
    }

    private static func headers(of response: HubResponse, date: String) -> HPACKHeaders {
        var headers: HPACKHeaders = [":status": String(response.status.code), "date": date]
        for (name, value) in response.fields {
            // No value that gets here holds a control character; should one ever, it must not go out.
            let isClean = value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
            headers.add(name: name.lowercased(), value: isClean ? value : "")
        }
        return headers
    }
}
