import HTTPTypes
import Martlet
import NIOCore

extension HubHandler {
    /// Publishes a request's body, and answers when the log has it.
    func publish(_ body: ByteBuffer, target: HubRequest.Target, contentType: String?) {
        let updates: [Update]
        do throws(RequestError) {
            try self.checkGrant()
            updates = try PublishBody.updates(in: body, target: target, contentType: contentType)
            try self.checkTopics(of: updates)
            try self.checkRate(updates.count)
        } catch {
            return self.refuse(error)
        }
        guard let (eventLoop, handler) = self.home else { return }
        self.state = .answering
        let span = PublishSpan(updates, fields: self.exchange.fields)
        self.endpoint.hub.publish(updates) { result in
            span?.end(result)
            if eventLoop.inEventLoop {
                handler.value.published(result)
            } else {
                eventLoop.execute { handler.value.published(result) }
            }
        }
    }

    /// What holding the topics of one request against a token's templates may cost: some ten milliseconds.
    private static let maxSteps = 2_000_000

    private func checkTopics(of updates: [Update]) throws(RequestError) {
        var steps = 0
        var checked: Topic?
        for update in updates {
            for topic in update.topics where topic != checked {
                try self.checkPublishing(to: topic, steps: &steps)
                checked = topic
                guard steps < Self.maxSteps else {
                    throw RequestError(
                        .contentTooLarge,
                        "There are too many topics in the request to hold them against the token's templates; send fewer."
                    )
                }
            }
        }
    }

    private func checkPublishing(to topic: Topic, steps: inout Int) throws(RequestError) {
        if topic.isReserved {
            throw RequestError(.forbidden, "Topics under \(HubEndpoint.hubPath) are the hub's own.")
        }
        if let owner = self.endpoint.hub.owner(of: topic) {
            throw RequestError(
                .forbidden,
                "The topic \(topic.name.quoted) belongs to the source \(owner.quoted); nobody else publishes to it."
            )
        }
        // Without a key everybody may publish everything else.
        guard let grant = self.exchange.grant else { return }
        guard grant.publish.matches(topic, steps: &steps) else {
            if grant.token.isEmpty {
                throw RequestError(.forbidden, "You may not publish to the topic \(topic.name.quoted).")
            }
            throw RequestError(
                .unauthorized,
                "The token's claim \"publish\" does not cover the topic \(topic.name.quoted)."
            )
        }
    }

    private func checkRate(_ count: Int) throws(RequestError) {
        guard let rates = self.endpoint.publishRates else { return }
        let grant = self.exchange.grant
        // A token has dots, a subject may have any form.
        let publisher = grant.map { $0.token.isEmpty ? "subject " + $0.subject : $0.token } ?? ""
        if let seconds = rates.take(count, for: publisher) {
            throw RequestError(
                .tooManyRequests,
                "This publisher has sent more than \(self.endpoint.limits.publishesPerSecond ?? 0) updates a second.",
                retryAfter: seconds,
                reason: .publishRate
            )
        }
    }

    private func published(_ result: Result<PublishedRange, PublishError>) {
        guard case .answering = self.state else { return }
        switch result {
        case .success(let range):
            let ids = range.ids
            self.answer(.text(.ok, ids.count == 1 ? ids[0] : ids.joined(separator: "\n")))
        case .failure(.log(let error)):
            self.refuse(RequestError(.serviceUnavailable, error.message, retryAfter: 1))
        case .failure(let error):
            self.refuse(RequestError(.badRequest, error.description))
        }
    }
}
