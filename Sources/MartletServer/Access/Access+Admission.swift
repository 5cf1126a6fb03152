import HTTPTypes
import Martlet
import NIOCore

/// In which capacity somebody sends a request.
enum Role: Hashable {
    case publisher
    case subscriber
}

/// What a request's credential comes to.
enum Admission {
    /// It is let in: with what its token grants, or as anybody.
    case granted(Grant?)
    /// It has to be waited for what this says.
    case pending(@Sendable () async -> Result<Grant, RequestError>)
}

extension Access {
    /// Decides on a request's credential as far as that needs no waiting.
    ///
    /// - Parameters:
    ///   - credential: what the request brings, if anything.
    ///   - mayBeAnonymous: whether the request is of a kind that needs no token where anonymous subscribers are let in.
    ///   - known: the tokens that were verified before.
    func admission(
        as role: Role,
        with credential: Credential?,
        mayBeAnonymous: Bool,
        known: GrantCache
    ) throws(RequestError) -> Admission {
        guard let verifier = role == .publisher ? self.publishers : self.subscribers else {
            return .granted(try self.admitWithoutKey(as: role, credential))
        }
        guard let credential else {
            if role == .subscriber, mayBeAnonymous, self.allowsAnonymous { return .granted(nil) }
            throw RequestError(
                .unauthorized,
                "A token is needed: send one as \"Authorization: Bearer …\", or as the cookie \(Credential.cookieName)."
            )
        }
        if role == .publisher, case .cookie(_, let origin) = credential { try self.checkOrigin(ofCookie: origin) }
        if let grant = known.grant(for: credential.token, as: role) { return .granted(grant) }
        let token = credential.token
        return .pending {
            do throws(TokenError) {
                return .success(try Grant(try await verifier.verify(token), token: token))
            } catch {
                return .failure(
                    error.code == .unavailable
                        ? RequestError(.serviceUnavailable, error.message, retryAfter: 5)
                        : RequestError(.unauthorized, error.message)
                )
            }
        }
    }

    /// Where there is no key to verify a token with, one that was sent on purpose isn't ignored in silence. A cookie may
    /// belong to another program on the same host, since cookies know no ports.
    private func admitWithoutKey(as role: Role, _ credential: Credential?) throws(RequestError) -> Grant? {
        switch credential {
        case .bearer, .parameter:
            throw RequestError(
                .unauthorized,
                "This hub has no key to verify a \(role == .publisher ? "publisher" : "subscriber")'s token with."
            )
        case .cookie, nil: break
        }
        if self.isKeyless || (role == .subscriber && self.allowsAnonymous) { return nil }
        throw RequestError(
            .unauthorized,
            role == .publisher
                ? "Nobody may publish here over HTTP: this hub has no key for publishers."
                : "Nobody may subscribe here: this hub has no key for subscribers."
        )
    }

    /// A browser sends the cookie along with whatever page makes it post, so the page has to be one that may.
    private func checkOrigin(ofCookie origin: String?) throws(RequestError) {
        guard let origin else {
            throw RequestError(
                .unauthorized,
                "With a cookie, publishing needs an Origin or Referer header that says which page it comes from."
            )
        }
        guard let page = try? WebAddress(origin)?.origin, self.publishOrigins.contains(page) else {
            throw RequestError(
                .unauthorized,
                "Pages of the origin \(origin.quoted) may not publish with a cookie; auth.publish-origins lists those that may."
            )
        }
    }
}
