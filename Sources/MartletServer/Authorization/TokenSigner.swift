package import Foundation

/// Makes tokens, for `martlet token` and for tests.
package enum TokenSigner {
    /// A token with these claims under `mercure`.
    ///
    /// - Parameters:
    ///   - key: The secret's text for HS256, HS384 and HS512, else PEM with a private key.
    ///   - keyID: What the key is called in the verifier's key set.
    ///   - issued: When it is made: `iat`.
    package static func sign(
        _ claims: TokenClaims,
        algorithm: TokenAlgorithm,
        key: String,
        keyID: String? = nil,
        issued: Date = Date()
    ) async throws(TokenKeyError) -> String {
        let signer =
            algorithm.isSymmetric
            ? try await TokenKey(secret: key, algorithm: algorithm)
            : try await TokenKey(pem: key, algorithm: algorithm, for: .signing)

        var header = [Self.member("alg", .string(algorithm.rawValue)), Self.member("typ", .string("JWT"))]
        if let keyID { header.append(Self.member("kid", .string(keyID))) }
        let set = try Self.claimsSet(claims, issued: issued)

        let parts = [header, set].map { Base64URL.encoded(JSONValue.object($0).text.utf8) }
        let signed = parts.joined(separator: ".")
        guard let signature = try? signer.signature(of: Array(signed.utf8)) else {
            throw TokenKeyError("The \(algorithm.rawValue) key can't sign.")
        }
        let token = signed + "." + Base64URL.encoded(signature)
        guard token.utf8.count <= CompactToken.maximumSize else {
            throw TokenKeyError(
                "The token would be \(token.utf8.count) bytes long, and a hub takes \(CompactToken.maximumSize)."
            )
        }
        return token
    }

    private static func claimsSet(
        _ claims: TokenClaims,
        issued: Date
    ) throws(TokenKeyError) -> [JSONValue.Member] {
        var grants: [JSONValue.Member] = []
        if !claims.publish.isEmpty { grants.append(self.member("publish", self.array(claims.publish))) }
        if !claims.subscribe.isEmpty { grants.append(self.member("subscribe", self.array(claims.subscribe))) }
        if let payload = claims.payload {
            do {
                grants.append(self.member("payload", try JSONReader.read(Array(payload.utf8))))
            } catch {
                throw TokenKeyError("The payload must be JSON. \(error.message)")
            }
        }
        var set = [
            self.member("mercure", .object(grants)),
            self.member(
                "iat",
                try self.number(Date(timeIntervalSince1970: issued.timeIntervalSince1970.rounded(.down)))
            ),
        ]
        if let expires = claims.expires { set.append(self.member("exp", try self.number(expires))) }
        if let start = claims.notBefore { set.append(self.member("nbf", try self.number(start))) }
        return set
    }

    private static func member(_ name: String, _ value: JSONValue) -> JSONValue.Member {
        JSONValue.Member(name: name, value: value)
    }

    private static func array(_ strings: [String]) -> JSONValue {
        .array(strings.map { .string($0) })
    }

    /// Whole seconds are written as such, since some readers take nothing else.
    private static func number(_ date: Date) throws(TokenKeyError) -> JSONValue {
        let seconds = date.timeIntervalSince1970
        guard seconds.isFinite else { throw TokenKeyError("A token's times must be finite.") }
        if let whole = Int(exactly: seconds) { return .number("\(whole)") }
        return .number("\(seconds)")
    }
}
