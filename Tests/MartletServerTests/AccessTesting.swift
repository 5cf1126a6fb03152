import Foundation
import Martlet
import Synchronization

@testable import MartletServer

extension Access {
    /// Keys for both roles: ``TokenSamples/secret``.
    static func keyed(
        anonymous: Bool = false,
        publishOrigins: [String] = [],
        cors: CORSPolicy = CORSPolicy(),
        trustedProxies: [AddressRange] = []
    ) async throws -> Access {
        Access(
            publishers: try await .secret(),
            subscribers: try await .secret(),
            allowsAnonymous: anonymous,
            publishOrigins: publishOrigins,
            cors: cors,
            trustedProxies: trustedProxies
        )
    }
}

extension TokenVerifier {
    /// A verifier of tokens that are signed with ``TokenSamples/secret``.
    static func secret() async throws -> TokenVerifier {
        try await TokenVerifier(algorithm: .hs256, key: TokenSamples.secret)
    }
}

extension Grant {
    /// A grant as if its token had been verified.
    static func made(
        publish: [String] = [],
        subscribe: [String] = [],
        payload: String? = nil,
        expires: Date? = nil,
        token: String = "token"
    ) throws -> Grant {
        let claims = TokenClaims(publish: publish, subscribe: subscribe, payload: payload, expires: expires)
        return try Grant(claims, token: token)
    }
}

/// Makes the header line of a token with these claims.
func bearer(
    publish: [String] = [],
    subscribe: [String] = [],
    payload: String? = nil,
    expires: Date? = nil
) async throws -> String {
    "Authorization: Bearer \(try await hubToken(publish: publish, subscribe: subscribe, payload: payload, expires: expires))\r\n"
}

/// Makes a token that ``Access/keyed(anonymous:publishOrigins:cors:trustedProxies:)`` takes.
func hubToken(
    publish: [String] = [],
    subscribe: [String] = [],
    payload: String? = nil,
    expires: Date? = nil
) async throws -> String {
    try await TokenSigner.sign(
        TokenClaims(publish: publish, subscribe: subscribe, payload: payload, expires: expires),
        algorithm: .hs256,
        key: TokenSamples.secret
    )
}

/// A key set that is being fetched for as long as a test wants: a token stays unverified meanwhile.
final class HeldKeySet: Sendable {
    private struct State {
        var isReleased = false
        var fetches: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    private let text: String

    init() throws {
        self.text = TokenSamples.set(try TokenKeySetTests.jwk("p256"))
    }

    /// Whether a token waits for it.
    var isAwaited: Bool { self.state.withLock { !$0.fetches.isEmpty } }

    /// Lets every fetch go on, now and later.
    func release() {
        let fetches = self.state.withLock { state in
            defer { state.fetches = [] }
            state.isReleased = true
            return state.fetches
        }
        for continuation in fetches { continuation.resume() }
    }

    /// Access for those whose tokens the set verifies.
    var access: Access {
        let verifier = TokenVerifier(fetch: {
            await withCheckedContinuation { continuation in
                let isReleased = self.state.withLock { state in
                    if !state.isReleased { state.fetches.append(continuation) }
                    return state.isReleased
                }
                if isReleased { continuation.resume() }
            }
            return self.text
        })
        return Access(publishers: verifier, subscribers: verifier, allowsAnonymous: false)
    }

    /// The header line of a token that it verifies, for every topic.
    func bearer() async throws -> String {
        let token = try await TokenSigner.sign(
            TokenClaims(publish: ["*"], subscribe: ["*"]),
            algorithm: .es256,
            key: TokenSamples.p256Private
        )
        return "Authorization: Bearer \(token)\r\n"
    }
}
