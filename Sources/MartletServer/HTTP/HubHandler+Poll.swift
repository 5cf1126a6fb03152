import HTTPTypes
import Martlet
import NIOCore

extension HubHandler {
    /// How long somebody who polls waits for something to happen: less than proxies and clients do.
    static let pollTime: TimeAmount = .seconds(25)

    /// Whether a request wants one answer and no stream.
    static func isPoll(_ request: HTTPRequest) -> Bool {
        guard let accept = request.headerFields.value(of: .accept) else { return false }
        return accept.contains("application/json") && !accept.contains("text/event-stream")
    }

    /// Waits for what comes after `start`, then answers with it.
    func poll(_ interest: Interest, from start: ResumePoint) throws(RequestError) {
        try self.endpoint.openStream(from: self.exchange.address)
        let poll = LongPoll(
            self.shard,
            address: ClientAddress.shown(self.exchange.address, connectedAs: self.context?.channel.remoteAddress),
            answersAtOnce: start.lastEventID == nil || self.exchange.isHead
        )
        self.state = .polling(poll)
        self.shared.streamsBySubject.add(self, of: self.exchange.grant?.subject ?? "")
        self.deadline = min(.now() + Self.pollTime, self.exchange.grant?.deadline ?? .distantFuture)
        poll.begin(interest, from: start) { self.finishPoll() }
    }

    /// Answers with what has come, if anything has.
    func finishPoll() {
        guard case .polling(let poll) = self.state else { return }
        self.state = .answering
        self.shared.streamsBySubject.remove(self, of: self.exchange.grant?.subject ?? "")
        // A stream of HTTP/2 may hold its answer for as long as the peer gives no window for it, and counts for so long.
        if self.transport.ending == .ends {
            self.isCounted = true
        } else {
            self.endpoint.closeStream(from: self.exchange.address)
        }
        if poll.isCutOff {
            _ = poll.end(.other)
            // An answer without events would have the client ask again at once.
            return self.refuse(RequestError(.serviceUnavailable, "The poll was ended; come back.", retryAfter: 1))
        }
        self.answer(
            HubResponse(
                status: .ok,
                fields: [("Content-Type", "application/json"), ("Cache-Control", "no-store"), ("Vary", "Accept")],
                body: poll.end(.answered)
            )
        )
    }

    /// Gives up waiting: there is nobody to answer any more.
    func abandonPoll() {
        guard case .polling(let poll) = self.state else { return }
        self.state = .done
        self.shared.streamsBySubject.remove(self, of: self.exchange.grant?.subject ?? "")
        self.endpoint.closeStream(from: self.exchange.address)
        _ = poll.end(.client)
    }
}
