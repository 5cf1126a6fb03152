import Foundation
import Synchronization

@testable import MartletServer

/// A time that moves when it is told to.
final class TokenClock: Sendable {
    private let date = Mutex(Date(timeIntervalSince1970: 1_800_000_000))

    var now: Date { self.date.withLock { $0 } }

    func advance(by seconds: Double) {
        self.date.withLock { $0 += seconds }
    }
}

extension TokenSamples {
    /// What the sample tokens say.
    static let claims = TokenClaims(
        publish: ["https://example.com/books/{id}", "*"],
        subscribe: ["é☃"],
        payload: #"{"user":"zoë","n":12345678901234567890}"#,
        expires: Date(timeIntervalSince1970: 4_102_444_800.5),
        notBefore: Date(timeIntervalSince1970: 1_000_000_000)
    )

    /// What tokens with this algorithm are signed with.
    static func signingKey(_ algorithm: TokenAlgorithm) -> String {
        switch algorithm {
        case .hs256, .hs384, .hs512: self.secret
        case .rs256, .rs384, .rs512, .ps256, .ps384, .ps512: self.rsaPrivate
        case .es256: self.p256Private
        case .es384: self.p384Private
        case .es512: self.p521Private
        case .edDSA: self.ed25519Private
        }
    }

    /// What they are verified with.
    static func verifyingKey(_ algorithm: TokenAlgorithm) -> String {
        switch algorithm {
        case .hs256, .hs384, .hs512: self.secret
        case .rs256, .rs384, .rs512, .ps256, .ps384, .ps512: self.rsaPublic
        case .es256: self.p256Public
        case .es384: self.p384Public
        case .es512: self.p521Public
        case .edDSA: self.ed25519Public
        }
    }

    /// A JWK set of these keys, `kid`s and more members in.
    static func set(_ jwks: String...) -> String {
        #"{"keys":[\#(jwks.joined(separator: ","))]}"#
    }

    /// A token with any header and claims, signed with ``secret`` and SHA-256.
    static func signed(
        header: String = #"{"alg":"HS256"}"#,
        _ claims: some Collection<UInt8>,
        secret: String = Self.secret
    ) async throws -> String {
        let text = Base64URL.encoded(header.utf8) + "." + Base64URL.encoded(claims)
        let key = try await TokenKey(secret: secret, algorithm: .hs256)
        return text + "." + Base64URL.encoded(try key.signature(of: Array(text.utf8)))
    }
}

extension TokenVerifier {
    /// Why `token` is refused; `nil` if it isn't.
    func refusal(of token: String) async -> TokenError? {
        do throws(TokenError) {
            _ = try await self.verify(token)
            return nil
        } catch {
            return error
        }
    }
}
