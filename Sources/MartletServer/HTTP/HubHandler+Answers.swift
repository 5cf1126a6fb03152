import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Answering, and ending connections in a way that lets the answer be read.
extension HubHandler {
    /// Hummingbird's responses pass through here.
    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .passing(let requestEnded, _) = self.state else { return context.write(data, promise: promise) }
        switch self.unwrapOutboundIn(data) {
        case .head(var response) where self.transport.ending == .lingers && response.status.kind != .informational:
            // The encoder does not know that no body comes, and would write the end of one.
            let seemsToHaveBody = self.exchange.isHead && response.headerFields[.contentLength] == nil
            if seemsToHaveBody { self.closesAfterAnswer = true }
            if self.closesAfterAnswer { response.headerFields[.connection] = "close" }
            return context.write(self.wrapOutboundOut(.head(response)), promise: promise)
        case .head: return context.write(data, promise: promise)
        case .body:
            // Some of what answers, such as an error's middleware, does not look at the method (RFC 9110 §9.3.2).
            if self.exchange.isHead {
                promise?.succeed()
                return
            }
            return context.write(data, promise: promise)
        case .end:
            let written = promise ?? context.eventLoop.makePromise()
            self.transport.noteEnd(written.futureResult)
            context.write(data, promise: written)
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
                self.transport.closeAfterWrites()
                promise?.succeed()
                return
            }
        }
        context.close(mode: mode, promise: promise)
    }

    /// Sends the answer to the request at hand and goes on to the next.
    func answer(_ response: HubResponse) {
        if self.closesAfterAnswer { return self.answerAndClose(response) }
        self.transport.send(self.completed(response), date: self.shared.date.now, close: false)
        self.finishRequest()
    }

    func refuse(_ error: RequestError, thenClose: Bool = false) {
        self.endpoint.refusals.count(error.reason)
        if thenClose { self.answerAndClose(.refusal(error)) } else { self.answer(.refusal(error)) }
    }

    /// Sends the last answer. The connection's other half is read for a while, since a connection closed over unread
    /// bytes is reset, and the answer lost with it (RFC 9112 §9.6).
    private func answerAndClose(_ response: HubResponse) {
        self.transport.send(self.completed(response), date: self.shared.date.now, close: true)
        // At the end of the server there is nobody to wait for, and nothing comes from one that ended its side.
        if self.isQuiescing || self.isInputClosed || self.transport.ending == .ends { return self.closeAfterWrites() }
        self.state = .lingering
        self.deadline = .now() + Self.lingerTime
        self.held.removeAll()
        self.resumeReading()
        self.context?.close(mode: .output, promise: nil)
    }

    /// A response with what the request at hand demands of it.
    func completed(_ response: HubResponse) -> HubResponse {
        var response = response
        response.headOnly = self.exchange.isHead
        response.add(self.exchange.corsFields)
        return response
    }

    func finishRequest() {
        if self.closesAfterAnswer { return self.closeAfterWrites() }
        self.state = .idle
        self.exchange = Exchange()
        self.deadline = .now() + self.endpoint.limits.keepAlive
        self.replay()
    }

    /// Ends the connection once what was written has been sent, if the peer takes it.
    func closeAfterWrites() {
        self.state = .lingering
        // Where it can't be told how much the peer has taken, it gets the time of an idle connection.
        self.deadline = .now() + (self.transport.ending == .lingers ? Self.lingerTime : self.endpoint.limits.keepAlive)
        self.held.removeAll()
        self.transport.closeAfterWrites()
    }
}
