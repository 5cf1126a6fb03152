import HTTPTypes
import HummingbirdCore
import Martlet
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// The hub's data plane: answers subscribe and publish on the event loop, passes everything else on.
///
/// 1. Takes the requests of a connection one at a time; those that came too early are held, and reading pauses.
/// 2. Lets in who may come in, see ``Access``; a token that isn't known is verified off the loop meanwhile.
/// 3. Collects a publisher's body within its limit, publishes it, and answers when it is in the log.
/// 4. Finds where a subscriber begins, and turns the connection into its stream.
/// 5. Hands the connection to Hummingbird when the first request comes that isn't the hub's.
/// 6. Refuses what is malformed, too large or too slow with a sentence, and closes in a way that lets it be read.
///
/// It sits in HTTP/1 connections and in HTTP/2 streams, see ``HTTPTransport``. Confined to the connection's event loop.
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
        /// It is being found out what a request may do.
        case authorizing(HubRequest, PendingDecision)
        /// A publisher's body is coming.
        case readingBody(HubRequest.Target, contentType: String?, body: ByteBuffer)
        /// A request without a body is coming to its end.
        case readingEnd(HubRequest)
        /// The log, or a look-up in it, is waited for.
        case answering
        /// Something to happen is waited for, to answer with it.
        case polling(LongPoll)
        /// The request is Hummingbird's.
        case passing(requestEnded: Bool, responseEnded: Bool)
        /// An answer that ends the connection has been sent; what still comes is thrown away.
        case lingering
        /// The connection is a stream, or closed.
        case done
    }

    /// What is to be known of the request at hand until it is answered.
    struct Exchange {
        /// It is a `HEAD`, whose answer has no body.
        var isHead = false
        /// It wants one answer and no stream.
        var isPoll = false
        /// It takes a stream that is compressed, and the hub sends such.
        var takesGzip = false
        /// The request's headers, for tracers.
        var fields: HTTPFields = [:]
        /// What the answer tells browsers about who may read it.
        var corsFields: [(name: String, value: String)] = []
        /// What its token allows, or an application; nil if it brought none.
        var grant: Grant?
        /// How many endings there had been when an application was asked, see ``StreamsBySubject``.
        var endings = 0
        /// Whom a stream is counted for, if streams are counted by address.
        var address: ClientAddress?
    }

    /// What the connection came to; others may lie beside it.
    private let homeEndpoint: HubEndpoint
    /// Whose the request at hand is.
    private(set) var endpoint: HubEndpoint
    let shared: LoopShared
    private(set) var shard: Shard
    let transport: any HTTPTransport

    var state = State.idle
    var exchange = Exchange()
    var deadline: NIODeadline
    var deadlineSlot = -1
    var context: ChannelHandlerContext?
    /// Parts of requests that came while another was being answered.
    var held = CircularBuffer<HTTPRequestPart>()
    var isReadPending = false
    var isReplaying = false
    /// The read at hand has brought a part of a request.
    var hasReadPart = false
    var isHandedOver = false
    /// The host that the connection's last request asked for, once it has passed ``LoopbackRule``.
    var loopbackHost: String?
    /// What is wrong with what came behind the request at hand.
    var errorBehind: RequestError?
    /// What the peer had not got when a connection that ends was last looked at.
    var unsentBytes = 0
    /// It still counts as a stream, though it has been answered.
    var isCounted = false
    /// The server is to stop.
    var isQuiescing = false
    /// The connection ends after the answer at hand.
    var closesAfterAnswer = false
    /// The peer has ended its half of the connection.
    var isInputClosed = false

    init(_ transport: any HTTPTransport, on channel: any Channel, endpoint: HubEndpoint) {
        self.transport = transport
        self.homeEndpoint = endpoint
        self.endpoint = endpoint
        self.shared = endpoint.shared(on: channel.eventLoop)
        self.shard = endpoint.hub.shard(on: channel.eventLoop)
        self.deadline = .now() + endpoint.limits.headerTimeout
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        self.shared.deadlines.add(self)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.abandon()
        self.shared.deadlines.remove(self)
        self.context = nil
        if self.isCounted { self.endpoint.closeStream(from: self.exchange.address) }
        if !self.isHandedOver { self.transport.handOver(nil) }
        self.state = .done
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.abandon()
        self.state = .done
        context.fireChannelInactive()
    }

    /// Gives up what was waited for: there is nobody to answer any more.
    private func abandon() {
        if case .authorizing(_, let decision) = self.state { decision.cancel() }
        self.abandonPoll()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            self.inputClosed(context: context)
            if self.isHandedOver { context.fireUserInboundEventTriggered(event) }
        case is ChannelShouldQuiesceEvent: self.quiesce()
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    private func quiesce() {
        self.isQuiescing = true
        switch self.state {
        // Requests that came wait for room. They are answered, if there is some in time.
        case .idle where !self.held.isEmpty: self.deadline = min(self.deadline, .now() + Self.lastCall)
        case .idle, .readingHead: self.closeAfterWrites()
        case .polling:
            self.closesAfterAnswer = true
            self.finishPoll()
        case .authorizing, .readingBody, .readingEnd, .passing(requestEnded: false, _):
            // A request that is on its way is answered; one that stands still doesn't hold the server up.
            self.closesAfterAnswer = true
            self.deadline = min(self.deadline, .now() + Self.lastCall)
        default: self.closesAfterAnswer = true
        }
    }

    private func inputClosed(context: ChannelHandlerContext) {
        self.isInputClosed = true
        switch self.state {
        // Requests that came wait for room; the last answer ends the connection.
        case .idle where !self.held.isEmpty: break
        case .idle, .readingHead, .lingering: self.closeAfterWrites()
        case .readingBody, .readingEnd, .polling, .done: context.close(promise: nil)
        // There would be nobody to stream to, and most who end one half have ended both.
        case .authorizing(let request, _) where request.role == .subscriber: context.close(promise: nil)
        case .authorizing, .answering, .passing: self.closesAfterAnswer = true
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let refusal: RequestError
        switch error {
        case HTTPParserError.headerOverflow, is ByteToMessageDecoderError.PayloadTooLargeError:
            refusal = .headTooLarge(self.endpoint.limits.headerBytes)
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
        case .authorizing, .answering, .polling, .passing: self.errorBehind = refusal
        case .lingering, .done: break
        }
    }

    func deadlinePassed() {
        switch self.state {
        case .idle, .lingering:
            // As long as the peer goes on reading its answer, it gets it.
            let unsent = self.transport.unsentBytes
            if unsent == 0 || unsent == self.unsentBytes { self.context?.close(promise: nil) }
            self.unsentBytes = unsent
            self.deadline = .now() + Self.lingerTime
        case .passing(requestEnded: false, _): self.context?.close(promise: nil)
        case .readingHead:
            self.refuse(RequestError(.requestTimeout, "The request's head did not come in time."), thenClose: true)
        case .readingBody, .readingEnd:
            self.refuse(RequestError(.requestTimeout, "The request's body did not come in time."), thenClose: true)
        case .authorizing(_, let decision):
            decision.cancel()
            self.refuse(RequestError(.serviceUnavailable, Self.undecided, retryAfter: 5), thenClose: true)
        case .polling: self.finishPoll()
        case .answering, .passing, .done: self.deadline = .distantFuture
        }
    }

    private static let undecided = "It took too long to find out whether you may come in."
    static let lingerTime: TimeAmount = .seconds(2)
    /// How long a request that is on its way when the server stops may still take.
    static let lastCall: TimeAmount = .seconds(1)

    /// Whether there are other endpoints to turn to.
    var hasChoice: Bool { self.homeEndpoint.hasSiblings }

    /// Turns to the endpoint that a path is of; what is left of the path is that endpoint's.
    func turn(to path: String) -> String {
        let (endpoint, rest) = self.homeEndpoint.endpoint(of: path)
        if endpoint !== self.endpoint, let eventLoop = self.context?.eventLoop {
            self.endpoint = endpoint
            self.shard = endpoint.hub.shard(on: eventLoop)
        }
        return rest
    }

    /// The loop and a reference to come back to it with.
    var home: (eventLoop: any EventLoop, handler: NIOLoopBound<HubHandler>)? {
        self.context.map { ($0.eventLoop, NIOLoopBound(self, eventLoop: $0.eventLoop)) }
    }
}

@available(*, unavailable)
extension HubHandler: Sendable {}
