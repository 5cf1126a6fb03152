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
            request.expectsContinue = head.expectsContinue
            // The parser has seen that it is a number; one that is too large for us is too large a body.
            request.contentLength = head.headerFields.value(of: .contentLength).map { Int($0) ?? .max }
        }
        let access = self.endpoint.access
        if access.operators != nil {
            self.exchange.grant = .everything
            return try self.proceed(request)
        }
        if self.endpoint.wantsAddresses {
            self.exchange.address = ClientAddress(
                peer: self.context?.channel.remoteAddress,
                fields: head.headerFields,
                trusting: access.trustedProxies
            )
        }
        if let decider = access.decider {
            if request.role == .publisher { try Decider.checkOrigin(of: head, allowing: access.cors) }
            self.exchange.endings = self.shared.streamsBySubject.count
            return self.wait(for: { await decider.grant(for: head) }, request)
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
        case .pending(let decide):
            self.wait(for: decide, request)
        }
    }

    private func wait(for decide: @escaping @Sendable () async -> Result<Grant, RequestError>, _ request: HubRequest) {
        guard let (eventLoop, handler) = self.home else { return }
        let decision = PendingDecision(generation: self.shared.grants.generation)
        self.state = .authorizing(request, decision)
        self.deadline = .now() + (self.isQuiescing ? Self.lastCall : self.endpoint.limits.bodyTimeout)
        let isAccepted = self.endpoint.hub.perform {
            guard let result = await decision.run(decide) else { return }
            eventLoop.execute { handler.value.decided(result, decision) }
        }
        if !isAccepted {
            self.refuse(RequestError(.serviceUnavailable, "The hub is shutting down.", retryAfter: 5), thenClose: true)
        }
    }

    private func decided(_ result: Result<Grant, RequestError>, _ decision: PendingDecision) {
        // One that was given up may still come to something, while the next request is decided on.
        guard case .authorizing(let request, let current) = self.state, current === decision else { return }
        do throws(RequestError) {
            let grant = try result.get()
            if !grant.token.isEmpty {
                self.shared.grants.insert(grant, as: request.role, of: decision.generation)
            }
            self.exchange.grant = grant
            try self.proceed(request)
        } catch {
            return self.refuse(error, thenClose: true)
        }
        self.replay()
    }
}

extension HubHandler {
    /// Throws if what the request at hand was granted is no longer so: it may have taken long to come to its end.
    func checkGrant() throws(RequestError) {
        guard let grant = self.exchange.grant else { return }
        if grant.isOver { throw RequestError(.unauthorized, Decider.over) }
        if self.shared.streamsBySubject.wasEnded(grant.subject, since: self.exchange.endings) {
            throw RequestError(.serviceUnavailable, Decider.over, retryAfter: 1)
        }
    }
}

extension HTTPRequest {
    /// Whether its sender waits to be told to send its body (RFC 9110 §10.1.1).
    var expectsContinue: Bool { self.headerFields.value(of: .expect)?.lowercased() == "100-continue" }
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
