import HTTPTypes
import HummingbirdCore
import Martlet
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import Synchronization

/// The hub's data plane: answers subscribe and publish on the event loop, passes everything else on.
///
/// 1. Takes the requests of a connection one at a time; those that came too early are held, and reading pauses.
/// 2. Collects a publisher's body within its limit, publishes it, and answers when it is in the log.
/// 3. Finds where a subscriber begins, and turns the connection into its stream.
/// 4. Hands the connection to Hummingbird when the first request comes that isn't the hub's.
/// 5. Refuses what is malformed, too large or too slow with a sentence, and closes in a way that lets it be read.
///
/// Confined to the connection's event loop.
final class HubHandler: ChannelDuplexHandler, RemovableChannelHandler, HasDeadline {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    enum State {
        /// Between requests.
        case idle
        /// Bytes of a request have come, but not its whole head.
        case readingHead
        /// A publisher's body is coming.
        case readingBody(HubRequest.Target, contentType: String?, body: ByteBuffer)
        /// A subscriber's request is coming to its end.
        case readingEnd(HubRequest)
        /// The log, or a look-up in it, is waited for.
        case answering
        /// The request is Hummingbird's.
        case passing(requestEnded: Bool, responseEnded: Bool)
        /// An answer that ends the connection has been sent; what still comes is thrown away.
        case lingering
        /// The connection is a stream, or closed.
        case done
    }

    let endpoint: HubEndpoint
    let shared: LoopShared
    let shard: Shard
    let connection: HTTP1Connection
    /// Kept once a request for Hummingbird has come; nil says that none will.
    let handOver: EventLoopPromise<NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>?>

    var state = State.idle
    var deadline: NIODeadline
    var deadlineSlot = -1
    private var context: ChannelHandlerContext?
    /// Parts of requests that came while another was being answered.
    private var held = CircularBuffer<HTTPRequestPart>()
    private var isReadPending = false
    private var isReplaying = false
    /// The read at hand has brought a part of a request.
    private var hasReadPart = false
    private var isHandedOver = false
    /// The request at hand is a `HEAD`, whose answer has no body.
    private var isHead = false
    /// What is wrong with what came behind the request at hand.
    private var errorBehind: RequestError?
    /// What the peer had not got when a connection that ends was last looked at.
    private var unsentBytes = 0
    /// The server is to stop.
    private(set) var isQuiescing = false
    /// The connection ends after the answer at hand.
    private var closesAfterAnswer = false
    /// The peer has ended its half of the connection.
    private(set) var isInputClosed = false
    private var becameStream = false

    init(
        endpoint: HubEndpoint,
        shared: LoopShared,
        shard: Shard,
        connection: HTTP1Connection,
        handOver: EventLoopPromise<NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>?>
    ) {
        self.endpoint = endpoint
        self.shared = shared
        self.shard = shard
        self.connection = connection
        self.handOver = handOver
        self.deadline = .now() + endpoint.limits.headerTimeout
    }

    // MARK: Life of the connection

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        self.shared.deadlines.add(self)
        self.endpoint.connections.add(1, ordering: .relaxed)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.shared.deadlines.remove(self)
        self.context = nil
        // A stream's handler goes on counting the connection.
        if !self.becameStream { self.endpoint.connections.subtract(1, ordering: .relaxed) }
        if !self.isHandedOver { self.handOver.succeed(nil) }
        self.state = .done
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.state = .done
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            self.inputClosed(context: context)
            if self.isHandedOver { context.fireUserInboundEventTriggered(event) }
        case is ChannelShouldQuiesceEvent:
            self.isQuiescing = true
            switch self.state {
            case .idle, .readingHead: self.closeAfterWrites()
            case .readingBody, .readingEnd, .passing(requestEnded: false, _):
                // A request that is on its way is answered; one that stands still doesn't hold the server up.
                self.closesAfterAnswer = true
                self.deadline = min(self.deadline, .now() + Self.lastCall)
            default: self.closesAfterAnswer = true
            }
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    private func inputClosed(context: ChannelHandlerContext) {
        self.isInputClosed = true
        switch self.state {
        case .idle, .readingHead, .lingering: self.closeAfterWrites()
        case .readingBody, .readingEnd, .done: context.close(promise: nil)
        case .answering, .passing: self.closesAfterAnswer = true
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let refusal: RequestError
        switch error {
        case HTTPParserError.headerOverflow, is ByteToMessageDecoderError.PayloadTooLargeError:
            refusal = RequestError(
                .requestHeaderFieldsTooLarge,
                "The request's head is larger than \(self.endpoint.limits.headerBytes) bytes."
            )
        case is HTTPParserError, is HTTP1TypeConversionError:
            refusal = RequestError(.badRequest, "The request is not valid HTTP/1.1.")
        case is ByteToMessageDecoderError:
            // More bytes behind what was refused already.
            return
        default:
            context.close(promise: nil)
            return
        }
        switch self.state {
        case .idle, .readingHead, .readingBody, .readingEnd:
            if self.held.isEmpty { self.refuse(refusal, thenClose: true) } else { self.errorBehind = refusal }
        case .passing(requestEnded: false, _): context.close(promise: nil)
        case .answering, .passing: self.errorBehind = refusal
        case .lingering, .done: break
        }
    }

    func deadlinePassed() {
        switch self.state {
        case .idle, .lingering:
            // As long as the peer goes on reading its answer, it gets it.
            let unsent = self.connection.unsentBytes
            if unsent == 0 || unsent == self.unsentBytes { self.context?.close(promise: nil) }
            self.unsentBytes = unsent
            self.deadline = .now() + Self.lingerTime
        case .passing(requestEnded: false, _): self.context?.close(promise: nil)
        case .readingHead:
            self.refuse(RequestError(.requestTimeout, "The request's head did not come in time."), thenClose: true)
        case .readingBody, .readingEnd:
            self.refuse(RequestError(.requestTimeout, "The request's body did not come in time."), thenClose: true)
        case .answering, .passing, .done: self.deadline = .distantFuture
        }
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = self.unwrapInboundIn(data)
        self.hasReadPart = true
        if self.takesParts && self.held.isEmpty { self.take(part, context: context) } else { self.held.append(part) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if case .idle = self.state, !self.hasReadPart {
            // Bytes came, but no head: from now on it has a limited time.
            self.state = .readingHead
            self.deadline = .now() + self.endpoint.limits.headerTimeout
        }
        self.hasReadPart = false
        context.fireChannelReadComplete()
    }

    /// A connection whose requests wait, or whose answers aren't taken, reads no more of them.
    func read(context: ChannelHandlerContext) {
        if self.isReading(context) { context.read() } else { self.isReadPending = true }
    }

    private func isReading(_ context: ChannelHandlerContext) -> Bool {
        switch self.state {
        // What is thrown away needs no room, and a page's body may be what its answer waits for.
        case .lingering, .done, .passing(requestEnded: false, _): true
        default: self.held.isEmpty && self.errorBehind == nil && context.channel.isWritable
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        self.resumeReading()
        context.fireChannelWritabilityChanged()
    }

    private func take(_ part: HTTPRequestPart, context: ChannelHandlerContext) {
        switch (self.state, part) {
        case (.idle, .head(let request)), (.readingHead, .head(let request)):
            self.begin(request, part: part, context: context)

        case (.readingBody(let target, let contentType, var body), .body(var bytes)):
            guard body.readableBytes + bytes.readableBytes <= self.endpoint.limits.bodyBytes else {
                return self.refuse(self.bodyTooLarge, thenClose: true)
            }
            // The state must not hold a second reference while the body grows.
            self.state = .idle
            if body.readableBytes == 0 { body = bytes } else { body.writeBuffer(&bytes) }
            self.state = .readingBody(target, contentType: contentType, body: body)
        case (.readingBody(let target, let contentType, let body), .end):
            self.publish(body, target: target, contentType: contentType)

        case (.readingEnd, .body): break
        case (.readingEnd(let request), .end):
            if case .subscribe(let target, let headOnly, let lastEventID) = request {
                self.subscribe(target, headOnly: headOnly, lastEventID: lastEventID)
            }

        case (.passing(requestEnded: false, let responseEnded), .body):
            if !self.isQuiescing { self.deadline = .now() + self.endpoint.limits.bodyTimeout }
            self.state = .passing(requestEnded: false, responseEnded: responseEnded)
            context.fireChannelRead(self.wrapInboundOut(part))
        case (.passing(requestEnded: false, let responseEnded), .end):
            self.deadline = .distantFuture
            self.state = .passing(requestEnded: true, responseEnded: responseEnded)
            context.fireChannelRead(self.wrapInboundOut(part))
            if responseEnded { self.finishRequest() }

        default: break
        }
    }

    private func begin(_ request: HTTPRequest, part: HTTPRequestPart, context: ChannelHandlerContext) {
        if !self.connection.beginRequest() { self.closesAfterAnswer = true }
        self.isHead = request.method == .head
        switch HubRequest.read(request) {
        case nil:
            self.state = .passing(requestEnded: false, responseEnded: false)
            self.deadline = .now() + self.endpoint.limits.bodyTimeout
            guard self.handConnectionOver(context: context) else { return }
            context.fireChannelRead(self.wrapInboundOut(part))
        case .failure(let error):
            // Its body is not wanted; a client that sends one regardless is cut off rather than read to the end.
            self.refuse(error, thenClose: true)
        case .success(.publish(let target, let contentType)):
            let length = request.headerFields[.contentLength].flatMap { Int($0) } ?? 0
            guard length <= self.endpoint.limits.bodyBytes else {
                return self.refuse(self.bodyTooLarge, thenClose: true)
            }
            if request.headerFields[.expect]?.lowercased() == "100-continue" { self.connection.sendContinue() }
            self.state = .readingBody(target, contentType: contentType, body: ByteBuffer())
            self.deadline = .now() + self.endpoint.limits.bodyTimeout
        case .success(let request):
            self.state = .readingEnd(request)
            self.deadline = .now() + self.endpoint.limits.bodyTimeout
        }
    }

    private var bodyTooLarge: RequestError {
        RequestError(.contentTooLarge, "The body is larger than \(self.endpoint.limits.bodyBytes) bytes.")
    }

    /// Wraps the connection for Hummingbird, once.
    private func handConnectionOver(context: ChannelHandlerContext) -> Bool {
        if self.isHandedOver { return true }
        self.isHandedOver = true
        do {
            let wrapped = try NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>(
                wrappingChannelSynchronously: context.channel,
                configuration: .init(isOutboundHalfClosureEnabled: true)
            )
            self.handOver.succeed(wrapped)
            return true
        } catch {
            self.handOver.succeed(nil)
            context.close(promise: nil)
            return false
        }
    }

    // MARK: Answers

    /// Hummingbird's responses pass through here.
    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .passing(let requestEnded, _) = self.state else { return context.write(data, promise: promise) }
        switch self.unwrapOutboundIn(data) {
        case .head(var response) where self.closesAfterAnswer && response.status.kind != .informational:
            response.headerFields[.connection] = "close"
            return context.write(self.wrapOutboundOut(.head(response)), promise: promise)
        case .head, .body: return context.write(data, promise: promise)
        case .end: context.write(data, promise: promise)
        }
        self.state = .passing(requestEnded: requestEnded, responseEnded: true)
        guard requestEnded else { return }
        // In a turn of its own, so that the flush that follows comes before whatever is done next.
        context.eventLoop.assumeIsolated().execute {
            if case .passing(true, true) = self.state { self.finishRequest() }
        }
    }

    /// Hummingbird ends a connection by closing its output; the rest of it is to be waited for, but not for ever.
    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if mode == .output {
            self.state = .lingering
            self.deadline = .now() + Self.lingerTime
            if self.isInputClosed {
                // NIO would close the rest too, over bytes that are not sent yet.
                self.connection.closeAfterWrites()
                promise?.succeed()
                return
            }
        }
        context.close(mode: mode, promise: promise)
    }

    /// Sends the answer to the request at hand and goes on to the next.
    func answer(_ response: HubResponse) {
        if self.closesAfterAnswer { return self.answerAndClose(response) }
        var response = response
        response.headOnly = self.isHead
        self.connection.send(response, date: self.shared.date.now, close: false)
        self.finishRequest()
    }

    func refuse(_ error: RequestError, thenClose: Bool = false) {
        if thenClose { self.answerAndClose(.refusal(error)) } else { self.answer(.refusal(error)) }
    }

    private static let lingerTime: TimeAmount = .seconds(2)
    /// How long a request that is on its way when the server stops may still take.
    private static let lastCall: TimeAmount = .seconds(1)

    /// Sends the last answer. The connection's other half is read for a while, since a connection closed over unread
    /// bytes is reset, and the answer lost with it (RFC 9112 §9.6).
    private func answerAndClose(_ response: HubResponse) {
        var response = response
        response.headOnly = self.isHead
        self.connection.send(response, date: self.shared.date.now, close: true)
        self.state = .lingering
        self.deadline = .now() + Self.lingerTime
        self.held.removeAll()
        // At the end of the server there is nobody to wait for, and nothing comes from one that ended its side.
        if self.isQuiescing || self.isInputClosed { return self.connection.closeAfterWrites() }
        self.resumeReading()
        self.context?.close(mode: .output, promise: nil)
    }

    private func finishRequest() {
        if self.closesAfterAnswer { return self.closeAfterWrites() }
        self.state = .idle
        self.isHead = false
        self.deadline = .now() + self.endpoint.limits.keepAlive
        // A request that was held and answered at once comes here again; the loop below is in progress then.
        guard !self.isReplaying, let context = self.context, !self.held.isEmpty || self.errorBehind != nil else {
            return
        }
        self.isReplaying = true
        while self.takesParts, let part = self.held.popFirst() {
            self.take(part, context: context)
        }
        self.isReplaying = false
        // Hummingbird is given what it was sent at the end of a read.
        if case .passing = self.state { context.fireChannelReadComplete() }
        guard self.held.isEmpty else { return }
        if let error = self.errorBehind, self.isReadingRequest {
            self.errorBehind = nil
            return self.refuse(error, thenClose: true)
        }
        self.resumeReading()
    }

    /// Ends the connection once what was written has been sent, if the peer takes it.
    private func closeAfterWrites() {
        self.state = .lingering
        self.deadline = .now() + Self.lingerTime
        self.held.removeAll()
        self.connection.closeAfterWrites()
    }

    /// Whether the next part of a request can be looked at.
    private var takesParts: Bool {
        switch self.state {
        case .answering, .passing(requestEnded: true, _), .done: false
        default: true
        }
    }

    /// Whether a request is awaited or on its way, and it is us who answer it.
    private var isReadingRequest: Bool {
        switch self.state {
        case .idle, .readingHead, .readingBody, .readingEnd: true
        case .answering, .passing, .lingering, .done: false
        }
    }

    private func resumeReading() {
        guard self.isReadPending, let context = self.context, self.isReading(context) else { return }
        self.isReadPending = false
        context.read()
    }

    // MARK: What publishing and subscribing need

    /// The loop and a reference to come back to it with.
    var home: (eventLoop: any EventLoop, handler: NIOLoopBound<HubHandler>)? {
        self.context.map { ($0.eventLoop, NIOLoopBound(self, eventLoop: $0.eventLoop)) }
    }

    func becomeStream(for interest: Interest, from start: ResumePoint) {
        guard let context = self.context else { return }
        self.becameStream = true
        self.held.removeAll()
        do {
            try self.connection.becomeStream(
                .stream(lastEventID: start.lastEventID),
                date: self.shared.date.now,
                replacing: self,
                endpoint: self.endpoint,
                shard: self.shard,
                interest: interest,
                from: start
            )
        } catch {
            self.endpoint.closeStream()
            context.close(promise: nil)
        }
    }
}

@available(*, unavailable)
extension HubHandler: Sendable {}
