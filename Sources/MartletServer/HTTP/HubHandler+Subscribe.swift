import HTTPTypes
import Martlet
import NIOCore

extension HubHandler {
    /// Finds where the subscriber begins, then turns the connection into its stream.
    func subscribe(_ target: HubRequest.Target, headOnly: Bool, lastEventID header: String?) {
        let interest: Interest
        let id: String?
        do throws(RequestError) {
            let subscription = try target.subscription()
            interest = subscription.interest
            // The header is what EventSource sends when it reconnects, so it is newer than the URL.
            id = [header, subscription.lastEventID].compactMap { $0 }.first { !$0.isEmpty }
        } catch {
            return self.refuse(error)
        }
        guard let id else { return self.begin(interest, from: .newcomer, headOnly: headOnly) }
        guard let (eventLoop, handler) = self.home else { return }
        self.state = .answering
        self.endpoint.hub.resume(id: id, for: interest) { result in
            if eventLoop.inEventLoop {
                handler.value.resumed(result, interest: interest, headOnly: headOnly)
            } else {
                eventLoop.execute { handler.value.resumed(result, interest: interest, headOnly: headOnly) }
            }
        }
    }

    private func resumed(_ result: Result<ResumePoint, LogError>, interest: Interest, headOnly: Bool) {
        guard case .answering = self.state else { return }
        switch result {
        case .success(let point):
            self.begin(interest, from: point, headOnly: headOnly)
        case .failure(let error):
            self.refuse(RequestError(.serviceUnavailable, error.message, retryAfter: 1))
        }
    }

    private func begin(_ interest: Interest, from start: ResumePoint, headOnly: Bool) {
        if self.isInputClosed {
            // The peer has ended its half: there is nobody to stream to.
            return self.refuse(
                RequestError(.badRequest, "The connection was half-closed; a stream needs it open."),
                thenClose: true
            )
        }
        let refusal =
            self.isQuiescing
            ? "The hub is shutting down." : headOnly ? self.endpoint.streamRefusal : self.endpoint.openStream()
        if let refusal {
            self.refuse(RequestError(.serviceUnavailable, refusal, retryAfter: 5))
        } else if headOnly {
            self.answer(.stream(lastEventID: start.lastEventID))
        } else {
            self.becomeStream(for: interest, from: start)
        }
    }
}
