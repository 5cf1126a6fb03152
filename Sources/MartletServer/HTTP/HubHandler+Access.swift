import HTTPTypes
import Martlet
import NIOCore

/// Letting in who may come in.
extension HubHandler {
    /// Decides on a request by its head, so that nobody sends a body in vain.
    func authorize(_ request: HubRequest, _ head: HTTPRequest) throws(RequestError) {
        var request = request
        if case .preflight = request.action { return try self.proceed(request) }
        if case .publish = request.action {
            request.expectsContinue = head.headerFields[.expect]?.lowercased() == "100-continue"
            // The parser has seen that it is a number; one that is too large for us is too large a body.
            request.contentLength = head.headerFields[.contentLength].map { Int($0) ?? .max }
        }
        let access = self.endpoint.access
        if access.operators != nil {
            self.exchange.grant = .everything
            return try self.proceed(request)
        }
        if self.endpoint.countsAddresses {
            self.exchange.address = ClientAddress(
                peer: self.context?.channel.remoteAddress,
                fields: head.headerFields,
                trusting: access.trustedProxies
            )
        }
        let credential = try Credential.find(in: head.headerFields, query: request.target.query)
        let admission = try access.admission(
            as: request.role,
            with: credential,
            mayBeAnonymous: request.mayBeAnonymous,
            known: self.shared.grants
        )
        switch admission {
        case .granted(let grant):
            self.exchange.grant = grant
            try self.proceed(request)
        case .pending(let token, let verifier):
            self.verify(token, with: verifier, request)
        }
    }

    private func verify(_ token: String, with verifier: TokenVerifier, _ request: HubRequest) {
        guard let (eventLoop, handler) = self.home else { return }
        self.state = .authorizing(request)
        self.deadline = .distantFuture
        let isAccepted = self.endpoint.hub.perform {
            let result: Result<Grant, TokenError>
            do throws(TokenError) {
                result = .success(try Grant(try await verifier.verify(token), token: token))
            } catch {
                result = .failure(error)
            }
            eventLoop.execute { handler.value.verified(result) }
        }
        if !isAccepted {
            self.refuse(RequestError(.serviceUnavailable, "The hub is shutting down.", retryAfter: 5), thenClose: true)
        }
    }

    private func verified(_ result: Result<Grant, TokenError>) {
        guard case .authorizing(let request) = self.state else { return }
        do throws(RequestError) {
            switch result {
            case .success(let grant):
                self.shared.grants.insert(grant, as: request.role)
                self.exchange.grant = grant
                try self.proceed(request)
            case .failure(let error):
                throw error.code == .unavailable
                    ? RequestError(.serviceUnavailable, error.message, retryAfter: 5)
                    : RequestError(.unauthorized, error.message)
            }
        } catch {
            return self.refuse(error, thenClose: true)
        }
        self.replay()
    }
}

extension HubRequest {
    var role: Role {
        if case .publish = self.action { .publisher } else { .subscriber }
    }

    /// Whether it needs no token where anonymous subscribers are let in.
    var mayBeAnonymous: Bool {
        if case .subscribe = self.action { true } else { false }
    }
}
