import Foundation
import JWTKit

extension TokenKey {
    /// The keys of a JWK set (RFC 7517 §5) that can verify tokens: with `algorithm`, if one is given.
    ///
    /// Keys that can't are passed over, as RFC 7517 §5 asks for, so that an issuer may add a kind that is not known here.
    ///
    /// - Returns: the keys, and what is wrong if there are none: an issuer may have withdrawn all.
    /// - Throws: if it is no key set.
    static func set(
        _ text: String,
        algorithm: TokenAlgorithm?
    ) async throws(TokenKeyError) -> (keys: [TokenKey], lack: TokenKeyError?) {
        let value: JSONValue
        do {
            value = try JSONReader.read(Array(text.utf8))
        } catch {
            throw TokenKeyError("The key set can't be read. \(error.message)")
        }
        guard case .object(let members) = value, case .array(let elements)? = members["keys"] else {
            throw TokenKeyError("The key set must be a JSON object with an array \"keys\".")
        }
        var keys: [TokenKey] = []
        var hasSecret = false
        for element in elements {
            guard case .object(let jwk) = element else { continue }
            hasSecret = hasSecret || jwk["kty"]?.string == "oct"
            guard let key = try? await TokenKey(jwk: jwk, only: algorithm) else { continue }
            keys.append(key)
        }
        guard keys.isEmpty else { return (keys, nil) }
        let wanted = algorithm.map { "\($0.rawValue) tokens" } ?? "tokens"
        let lack = TokenKeyError(
            "The key set has no key to verify \(wanted) with."
                + (hasSecret ? " It holds a symmetric key (oct), and what many can fetch is no secret." : "")
        )
        return ([], lack)
    }

    /// The key of a JWK, or an error if it is of no use.
    ///
    /// What it is used with is what it says itself, never what a token says: a token that could choose would have an RSA
    /// key taken for a secret.
    private init(jwk: [JSONValue.Member], only algorithm: TokenAlgorithm?) async throws {
        let used = try Self.algorithm(of: jwk, else: algorithm)
        guard used == algorithm ?? used, jwk.isForVerifying else { throw TokenKeyError("It is of another use.") }
        let id = try jwk["kid"].map { try $0.required() }
        switch used {
        case .hs256, .hs384, .hs512:
            // `oct` is a symmetric key. Everybody who can fetch the set could sign with it.
            throw TokenKeyError("A symmetric key is no secret in a key set.")
        case .rs256, .rs384, .rs512, .ps256, .ps384, .ps512:
            let key = try Insecure.RSA.PublicKey(
                modulus: try jwk["n"].required(),
                exponent: try jwk["e"].required()
            )
            try await self.init(rsa: key, algorithm: used, id: id)
        case .es256: try await self.init(ecdsa: jwk, algorithm: used, id: id, ES256PublicKey.self)
        case .es384: try await self.init(ecdsa: jwk, algorithm: used, id: id, ES384PublicKey.self)
        case .es512: try await self.init(ecdsa: jwk, algorithm: used, id: id, ES512PublicKey.self)
        case .edDSA:
            let key = try EdDSA.PublicKey(x: try jwk["x"].required(), curve: .ed25519)
            try await self.init(.edDSA, id: id) { keys in keys.add(eddsa: key) }
        }
    }

    private init<Curve: ECDSACurveType>(
        ecdsa jwk: [JSONValue.Member],
        algorithm: TokenAlgorithm,
        id: String?,
        _ kind: ECDSA.PublicKey<Curve>.Type
    ) async throws {
        let key = try ECDSA.PublicKey<Curve>(parameters: (try jwk["x"].required(), try jwk["y"].required()))
        try await self.init(algorithm, id: id) { keys in keys.add(ecdsa: key) }
    }

    /// What a key is used with: the curve decides, and for RSA `alg`; without it, what the operator said, else RS256, since
    /// that is what issuers mean who leave it out.
    private static func algorithm(
        of jwk: [JSONValue.Member],
        else algorithm: TokenAlgorithm?
    ) throws -> TokenAlgorithm {
        let stated = try jwk["alg"].map { try $0.required() }
        let possible: [TokenAlgorithm]
        switch (try jwk["kty"].required(), jwk["crv"]?.string) {
        case ("RSA", _): possible = [.rs256, .rs384, .rs512, .ps256, .ps384, .ps512]
        case ("EC", "P-256"): possible = [.es256]
        case ("EC", "P-384"): possible = [.es384]
        case ("EC", "P-521"): possible = [.es512]
        case ("OKP", "Ed25519"): possible = [.edDSA]
        default: possible = []
        }
        let wanted = stated ?? algorithm?.rawValue
        if let chosen = possible.first(where: { $0.rawValue == wanted ?? possible[0].rawValue }) { return chosen }
        throw TokenKeyError("Its kind or algorithm is not known.")
    }
}

extension [JSONValue.Member] {
    /// Whether `use` and `key_ops` (RFC 7517 §4.2, §4.3) allow it.
    fileprivate var isForVerifying: Bool {
        if let use = self["use"], use != .string("sig") { return false }
        guard let operations = self["key_ops"] else { return true }
        guard case .array(let names) = operations else { return false }
        // A private key that was put into a set says "sign", and its public half is what is taken.
        return names.contains(.string("verify")) || names.contains(.string("sign"))
    }
}

extension JSONValue? {
    fileprivate func required() throws -> String {
        guard let string = self?.string else { throw TokenKeyError("A member is missing or no string.") }
        return string
    }
}

extension JSONValue {
    fileprivate func required() throws -> String {
        try Optional(self).required()
    }
}
