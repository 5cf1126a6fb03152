import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// Makes the shared HTTP types of NIO's for HTTP/1, and those of them; notes what the shared ones don't tell: the request's
/// version, and whether its connection can go on.
///
/// NIO has a codec for the first (`HTTP1ToHTTPServerCodec`). It parses each path as a URL, which cost as much as the rest of
/// it, and is one more handler on the way. The conversions are the same. Confined to the connection's event loop.
final class HTTP1Codec: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// The request at hand's; requests behind it may have been decoded already.
    private(set) var version = HTTPVersion.http1_1
    private(set) var keepsAlive = true
    /// What the parser lets pass and must not be.
    private(set) var problem: String?
    private var coming = CircularBuffer<(version: HTTPVersion, keepsAlive: Bool, problem: String?)>()
    private let isSecure: Bool

    init(isSecure: Bool) {
        self.isSecure = isSecure
    }

    func next() {
        guard let next = self.coming.popFirst() else { return }
        (self.version, self.keepsAlive, self.problem) = next
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part: HTTPRequestPart
        switch self.unwrapInboundIn(data) {
        case .head(let head):
            do {
                part = .head(try self.request(of: head))
            } catch {
                return context.fireErrorCaught(error)
            }
        case .body(let bytes): part = .body(bytes)
        case .end(let trailers): part = .end(trailers.map { HTTPFields($0, splitCookie: false) })
        }
        context.fireChannelRead(self.wrapInboundOut(part))
    }

    private func request(of head: HTTPRequestHead) throws -> HTTPRequest {
        // Answers go out as HTTP/1.1, whose connections persist; one that speaks 1.0 expects the end to be the end.
        // The decoder stops after a request that offers to change the protocol, since it can't know that we decline.
        let fields = Fields(of: head)
        let keepsAlive = head.isKeepAlive && head.version != .http1_0 && !fields.offersChange
        var request =
            // The form of whoever doesn't speak to a proxy (RFC 9112 §3.2.1).
            if head.uri.utf8.first == UInt8(ascii: "/") {
                HTTPRequest(
                    method: try HTTPRequest.Method(head.method),
                    scheme: self.isSecure ? "https" : "http",
                    authority: fields.host,
                    path: head.uri,
                    headerFields: HTTPFields(head.headers, splitCookie: false)
                )
            } else {
                try HTTPRequest(head, secure: self.isSecure, splitCookie: false)
            }
        if !keepsAlive { request.headerFields[.connection] = "close" }
        self.coming.append((head.version, keepsAlive, fields.problem(in: head.version)))
        return request
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let part: HTTPServerResponsePart =
            switch self.unwrapOutboundIn(data) {
            case .head(let response): .head(self.head(of: response))
            case .body(let bytes): .body(.byteBuffer(bytes))
            case .end(let trailers): .end(trailers.map(HTTPHeaders.init))
            }
        context.write(self.wrapOutboundOut(part), promise: promise)
    }

    /// One who speaks 1.0 knows no chunks (RFC 9112 §6.1): what has no length ends with the connection.
    private func head(of response: HTTPResponse) -> HTTPResponseHead {
        var head = HTTPResponseHead(response)
        if self.version == .http1_0, response.headerFields[.contentLength] == nil { head.version = .http1_0 }
        return head
    }

    /// What matters to the connection, found in one pass.
    private struct Fields {
        private(set) var host: String?
        private(set) var offersChange: Bool
        private var hosts = 0
        private var namesNoCoding = false

        init(of head: HTTPRequestHead) {
            self.offersChange = head.method == .CONNECT
            for (name, value) in head.headers {
                switch name.utf8.count {
                case 4 where Substring(name).utf8.equals("host"):
                    self.hosts += 1
                    if self.hosts == 1 { self.host = value }
                case 10 where Substring(name).utf8.equals("connection"): self.look(atOptions: value)
                // The parser takes the two for one.
                case 16 where Substring(name).utf8.equals("proxy-connection"): self.look(atOptions: value)
                case 17 where Substring(name).utf8.equals("transfer-encoding"):
                    if value.utf8.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { self.namesNoCoding = true }
                default: break
                }
            }
        }

        private mutating func look(atOptions value: String) {
            let options = value.utf8.split(separator: UInt8(ascii: ","))
            if options.contains(where: { $0.withoutOWS.equals("upgrade") }) { self.offersChange = true }
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
extension HTTP1Codec: Sendable {}
