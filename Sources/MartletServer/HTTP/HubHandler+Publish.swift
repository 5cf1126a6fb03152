import HTTPTypes
import Martlet
import NIOCore

extension HubHandler {
    /// Publishes a request's body, and answers when the log has it.
    func publish(_ body: ByteBuffer, target: HubRequest.Target, contentType: String?) {
        let updates: [Update]
        do throws(RequestError) {
            updates = try PublishBody.updates(in: body, target: target, contentType: contentType)
        } catch {
            return self.refuse(error)
        }
        guard let (eventLoop, handler) = self.home else { return }
        self.state = .answering
        self.endpoint.hub.publish(updates) { result in
            if eventLoop.inEventLoop {
                handler.value.published(result)
            } else {
                eventLoop.execute { handler.value.published(result) }
            }
        }
    }

    private func published(_ result: Result<PublishedRange, PublishError>) {
        guard case .answering = self.state else { return }
        switch result {
        case .success(let range):
            self.answer(.text(.ok, range.ids.joined(separator: "\n")))
        case .failure(.log(let error)):
            self.refuse(RequestError(.serviceUnavailable, error.message, retryAfter: 1))
        case .failure(let error):
            self.refuse(RequestError(.badRequest, error.description))
        }
    }
}
