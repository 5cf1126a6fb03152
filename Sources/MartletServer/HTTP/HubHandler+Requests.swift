import HTTPTypes
import Martlet
import NIOCore
import NIOHTTPTypes

/// Taking requests one at a time.
extension HubHandler {
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = self.unwrapInboundIn(data)
        self.shard.noteRead()
        self.hasReadPart = true
        if self.takesParts(context) && self.held.isEmpty {
            self.take(part, context: context)
        } else {
            self.held.append(part)
        }
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
        if context.channel.isWritable { self.replay() }
        self.resumeReading()
        context.fireChannelWritabilityChanged()
    }

    func resumeReading() {
        guard self.isReadPending, let context = self.context, self.isReading(context) else { return }
        self.isReadPending = false
        context.read()
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
        case (.readingEnd(let request), .end): self.perform(request)

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
        self.exchange = Exchange(isHead: request.method == .head, isPoll: Self.isPoll(request))
        if request.method == .post, PublishSpan.isTracing { self.exchange.fields = request.headerFields }
        do throws(RequestError) {
            if case .ends = try self.transport.beginRequest(request) { self.closesAfterAnswer = true }
            var request = request
            if self.hasChoice { request.path = self.turn(to: request.path ?? "/") }
            let access = self.endpoint.access
            if let rule = access.operators {
                try rule.check(request, from: context.channel.remoteAddress)
            } else if access.isKeyless, self.endpoint.isAlone {
                try self.checkLoopback(request, context: context)
            }
            guard let read = HubRequest.read(request, hasShortForm: self.endpoint.hasShortForm) else {
                self.state = .passing(requestEnded: false, responseEnded: false)
                self.deadline = .now() + self.endpoint.limits.bodyTimeout
                guard self.handConnectionOver(context: context) else { return }
                // Nobody does behind us, who reads the body if it likes and throws it away if not.
                if request.expectsContinue { self.transport.sendContinue() }
                return context.fireChannelRead(self.wrapInboundOut(part))
            }
            // The application's own requests are not the hub's to judge.
            if access.isKeyless, access.operators == nil, !self.endpoint.isAlone {
                try self.checkLoopback(request, context: context)
            }
            self.exchange.takesGzip = self.shard.compresses && request.headerFields.acceptsGzip
            self.exchange.corsFields = access.cors.fields(for: request.headerFields.value(of: .origin))
            try self.authorize(try read.get(), request)
        } catch {
            // Its body is not wanted; a client that sends one regardless is cut off rather than read to the end.
            self.refuse(error, thenClose: true)
        }
    }

    private func checkLoopback(_ request: HTTPRequest, context: ChannelHandlerContext) throws(RequestError) {
        try LoopbackRule.check(
            request,
            from: context.channel.remoteAddress,
            allowing: self.endpoint.access.cors,
            known: self.loopbackHost
        )
        self.loopbackHost = request.authority
    }

    /// Goes on with a request whose sender has been let in.
    func proceed(_ request: HubRequest) throws(RequestError) {
        self.deadline = .now() + (self.isQuiescing ? Self.lastCall : self.endpoint.limits.bodyTimeout)
        if case .publish(let contentType) = request.action {
            guard request.contentLength ?? 0 <= self.endpoint.limits.bodyBytes else { throw self.bodyTooLarge }
            if request.expectsContinue { self.transport.sendContinue() }
            self.state = .readingBody(request.target, contentType: contentType, body: ByteBuffer())
        } else {
            self.state = .readingEnd(request)
        }
    }

    var bodyTooLarge: RequestError {
        RequestError(.contentTooLarge, "The body is larger than \(self.endpoint.limits.bodyBytes) bytes.")
    }

    /// Answers a request that has come to its end.
    private func perform(_ request: HubRequest) {
        do throws(RequestError) {
            switch request.action {
            case .subscribe(let lastEventID): try self.subscribe(request.target, lastEventID: lastEventID)
            case .listSubscriptions(let path, let ifNoneMatch):
                try self.listSubscriptions(path, ifNoneMatch: ifNoneMatch)
            case .preflight(let fields): self.answer(try self.endpoint.access.cors.preflight(fields))
            case .publish: break
            }
        } catch {
            self.refuse(error)
        }
    }

    /// Wraps the connection for Hummingbird, once.
    private func handConnectionOver(context: ChannelHandlerContext) -> Bool {
        if self.isHandedOver { return true }
        self.isHandedOver = true
        do {
            let wrapped = try NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>(
                wrappingChannelSynchronously: context.channel,
                configuration: .init(isOutboundHalfClosureEnabled: self.transport.ending == .lingers)
            )
            self.transport.handOver(wrapped)
            return true
        } catch {
            self.transport.handOver(nil)
            context.close(promise: nil)
            return false
        }
    }

    /// Takes what was held while the connection waited.
    func replay() {
        // A request that was held and answered at once comes here again; the loop below is in progress then.
        guard !self.isReplaying, let context = self.context, !self.held.isEmpty || self.errorBehind != nil else {
            return
        }
        self.isReplaying = true
        while self.takesParts(context), let part = self.held.popFirst() {
            self.take(part, context: context)
        }
        self.isReplaying = false
        // Hummingbird is given what it was sent at the end of a read.
        if case .passing = self.state { context.fireChannelReadComplete() }
        guard self.held.isEmpty else { return }
        if case .idle = self.state, self.isQuiescing || self.isInputClosed, self.errorBehind == nil {
            return self.closeAfterWrites()
        }
        if let error = self.errorBehind, self.isReadingRequest {
            self.errorBehind = nil
            return self.refuse(error, thenClose: true)
        }
        self.resumeReading()
    }

    /// Whether the next part of a request can be looked at. A request is not begun while nobody takes the answers before it:
    /// many fit into one read, and what they ask for may be large. A stream of HTTP/2 has one request, and may have no window.
    private func takesParts(_ context: ChannelHandlerContext) -> Bool {
        switch self.state {
        case .idle: self.transport.ending == .ends || context.channel.isWritable
        case .authorizing, .answering, .polling, .passing(requestEnded: true, _), .done: false
        default: true
        }
    }

    /// Whether a request is awaited or on its way, and it is us who answer it.
    private var isReadingRequest: Bool {
        switch self.state {
        case .idle, .readingHead, .readingBody, .readingEnd: true
        case .authorizing, .answering, .polling, .passing, .lingering, .done: false
        }
    }
}
