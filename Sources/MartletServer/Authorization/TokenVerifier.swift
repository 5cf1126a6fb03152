import Foundation

/// Verifies the tokens of one role: publishers, or subscribers. Shared by everybody who gets one; what changes in it, the
/// keys of a key set, is an actor.
final class TokenVerifier: Sendable {
    private enum Keys {
        case one(TokenKey)
        case set(TokenKeySet)
    }

    /// A sentence for the operator if the key is a secret that can be guessed.
    let weakness: String?
    private let keys: Keys
    private let now: @Sendable () -> Date

    /// A verifier with one key: the secret's text for HS256, HS384 and HS512, else PEM with a public key, a private key
    /// (whose public half is used) or a certificate (whose dates and issuer nobody looks at).
    init(
        algorithm: TokenAlgorithm,
        key: String,
        now: @escaping @Sendable () -> Date = { Date() }
    ) async throws(TokenKeyError) {
        self.now = now
        guard algorithm.isSymmetric else {
            self.weakness = nil
            self.keys = .one(try await TokenKey(pem: key, algorithm: algorithm, for: .verifying))
            return
        }
        self.weakness = TokenKey.weakness(ofSecret: key, algorithm: algorithm)
        self.keys = .one(try await TokenKey(secret: key, algorithm: algorithm))
    }

    /// A verifier with the keys of a JWK set, which `fetch` gets whenever it is called. It must end by itself, well within
    /// ``TokenKeySet/interval``, since those wait for it whose tokens need it.
    ///
    /// - Parameters:
    ///   - algorithm: The only one to take, if given.
    ///   - report: Told why a fetch failed, at most once every ``TokenKeySet/interval``.
    init(
        algorithm: TokenAlgorithm? = nil,
        now: @escaping @Sendable () -> Date = { Date() },
        report: @escaping @Sendable (TokenKeyError) -> Void = { _ in },
        fetch: @escaping @Sendable () async throws -> String
    ) {
        self.now = now
        self.weakness = nil
        self.keys = .set(TokenKeySet(algorithm: algorithm, now: now, report: report, fetch: fetch))
    }

    /// Fetches the key set now, and says why that failed. Nothing happens if there is only one key.
    func refresh() async throws(TokenKeyError) {
        guard case .set(let keys) = self.keys else { return }
        try await keys.refresh()
    }

    /// What `token` allows.
    func verify(_ token: String) async throws(TokenError) -> TokenClaims {
        let compact = try CompactToken(token)
        let key = try await self.key(for: compact)
        guard key.isSignature(compact.signature, of: compact.signed) else {
            throw TokenError(.badSignature, "The token's signature is not by the key that this hub expects.")
        }
        let claims = try TokenClaims(try compact.claims())
        let now = self.now()
        if let expires = claims.expires, now >= expires {
            throw TokenError(.expired, "The token has expired.")
        }
        if let start = claims.notBefore, now < start {
            throw TokenError(.notYetValid, "The token is not valid yet.")
        }
        return claims
    }

    private func key(for token: CompactToken) async throws(TokenError) -> TokenKey {
        guard token.algorithm.lowercased() != "none" else {
            throw TokenError(.wrongAlgorithm, "The token is not signed.")
        }
        switch self.keys {
        case .one(let key):
            // The one key is the one that is meant, whatever the token calls it.
            guard key.algorithm.rawValue == token.algorithm else {
                throw TokenError(.wrongAlgorithm, "The token must be signed with \(key.algorithm.rawValue).")
            }
            return key
        case .set(let keys):
            guard let algorithm = TokenAlgorithm(rawValue: token.algorithm), !algorithm.isSymmetric else {
                throw TokenError(.wrongAlgorithm, "The token is signed in a way that no key of this hub is for.")
            }
            return try await keys.key(algorithm, id: token.keyID)
        }
    }
}
