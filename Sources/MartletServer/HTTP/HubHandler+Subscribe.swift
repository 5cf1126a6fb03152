import HTTPTypes
import Martlet
import NIOCore

extension HubHandler {
    /// Finds where the subscriber begins, then turns the connection into its stream.
    func subscribe(_ target: HubRequest.Target, lastEventID header: String?) throws(RequestError) {
        let query = try target.subscription(limit: self.endpoint.selectorsPerStream)
        let interest = Interest(selectors: query.selectors, grants: self.exchange.grant?.subscribe ?? [])
        // The header is what EventSource sends when it reconnects, so it is newer than the URL.
        let id = [header, query.lastEventID].compactMap { $0 }.first { !$0.isEmpty }
        guard let (eventLoop, handler) = self.home else { return }
        self.state = .answering
        let completion: @Sendable (Result<ResumePoint, LogError>) -> Void = { result in
            if eventLoop.inEventLoop {
                handler.value.resumed(result, query, interest)
            } else {
                eventLoop.execute { handler.value.resumed(result, query, interest) }
            }
        }
        if let id {
            self.endpoint.hub.resume(id: id, for: interest, completion: completion)
        } else {
            self.endpoint.hub.join(interest, completion: completion)
        }
    }

    private func resumed(_ result: Result<ResumePoint, LogError>, _ query: SubscriptionQuery, _ interest: Interest) {
        guard case .answering = self.state else { return }
        do throws(RequestError) {
            switch result {
            case .success(let point): try self.begin(query, interest, from: point)
            case .failure(let error): throw RequestError(.serviceUnavailable, error.message, retryAfter: 1)
            }
        } catch {
            self.refuse(error)
        }
    }

    private func begin(
        _ query: SubscriptionQuery,
        _ interest: Interest,
        from start: ResumePoint
    ) throws(RequestError) {
        if self.isInputClosed {
            // The peer has ended its half: there is nobody to stream to.
            return self.refuse(
                RequestError(.badRequest, "The connection was half-closed; a stream needs it open."),
                thenClose: true
            )
        }
        if self.isQuiescing { throw RequestError(.serviceUnavailable, "The hub is shutting down.", retryAfter: 5) }
        try self.checkGrant()
        guard self.shard.hasRoom(for: interest) else {
            throw RequestError(
                .serviceUnavailable,
                "The hub serves as many templates as it may; ask for exact topics, or come back.",
                retryAfter: 5,
                reason: .templates
            )
        }
        if self.exchange.isPoll { return try self.poll(interest, from: start) }
        let coding = self.exchange.takesGzip ? ContentCoding.gzip : .identity
        let response = HubResponse.stream(
            lastEventID: start.lastEventID,
            coding: coding,
            hasChoice: self.shard.compresses
        )
        if self.exchange.isHead {
            try self.endpoint.checkRoomForStream()
            return self.answer(response)
        }
        guard let context = self.context else { return }
        try self.endpoint.openStream(from: self.exchange.address)
        self.held.removeAll()
        let grant = self.exchange.grant
        let opening = StreamOpening(
            endpoint: self.endpoint,
            shared: self.shared,
            shard: self.shard,
            response: self.completed(response),
            interest: interest,
            coding: coding,
            start: self.shard.placed(start),
            deadline: min(grant?.deadline ?? .distantFuture, self.endpoint.limits.streamDeadline),
            address: self.exchange.address,
            subject: grant?.subject ?? "",
            listing: self.endpoint.hasSubscriptions
                ? ActiveSubscriber(topics: query.selectors.map(\.description), payload: grant?.payload) : nil
        )
        do {
            try self.transport.becomeStream(opening, replacing: self)
        } catch {
            self.endpoint.closeStream(from: self.exchange.address)
            context.close(promise: nil)
        }
    }
}
