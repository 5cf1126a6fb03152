import HTTPTypes
import Martlet
import NIOCore

extension HubHandler {
    /// Answers a request of the subscriptions API.
    func listSubscriptions(_ path: SubscriptionPath, ifNoneMatch: String?) throws(RequestError) {
        guard self.endpoint.hasSubscriptions else {
            throw RequestError(
                .notFound,
                "Active subscriptions are not listed here; \"subscriptions\" switches that on."
            )
        }
        // By the path in its one form, which is also the topic of the updates: so nobody sees here what he would not be
        // told there.
        let topic = Topic(unchecked: path.text)
        let grants = self.exchange.grant?.subscribe ?? []
        guard grants.contains(where: { $0.matches(topic) }) else {
            throw RequestError(.unauthorized, "The token's claim \"subscribe\" does not cover \(path.text.quoted).")
        }
        guard let (eventLoop, handler) = self.home else { return }
        self.state = .answering
        let endpoint = self.endpoint
        let isAccepted = endpoint.hub.perform {
            let result: Result<HubResponse, RequestError>
            do {
                result = .success(
                    try await endpoint.listSubscriptions(path, grants: grants, ifNoneMatch: ifNoneMatch)
                )
            } catch let error as RequestError {
                result = .failure(error)
            } catch {
                result = .failure(RequestError(.serviceUnavailable, "\(error)", retryAfter: 1))
            }
            eventLoop.execute { handler.value.listed(result) }
        }
        if !isAccepted { throw RequestError(.serviceUnavailable, "The hub is shutting down.", retryAfter: 5) }
    }

    private func listed(_ result: Result<HubResponse, RequestError>) {
        guard case .answering = self.state else { return }
        switch result {
        case .success(let response): self.answer(response)
        case .failure(let error): self.refuse(error)
        }
    }
}
