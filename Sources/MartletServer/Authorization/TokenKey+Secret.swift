import Foundation
import JWTKit

extension TokenKey {
    /// A shared secret: the bytes of `text`.
    init(secret text: String, algorithm: TokenAlgorithm) async throws(TokenKeyError) {
        guard !text.isEmpty else { throw TokenKeyError("The \(algorithm.rawValue) key is empty.") }
        guard !text.contains("-----BEGIN ") else {
            // A public key is no secret: with it as one, everybody could sign.
            throw TokenKeyError("\(algorithm.rawValue) takes a secret, and this key is a PEM file.")
        }
        // HMAC fills a short key with zeros up to its block (RFC 2104 §2), which is no shorter than the hash, so that these
        // zeros change nothing. Without them JWTKit stops debug builds.
        var bytes = Array(text.utf8)
        bytes += repeatElement(0, count: max(0, algorithm.secretSize - bytes.count))
        let (secret, digest) = (HMACKey(from: bytes), algorithm.digest)
        do {
            try await self.init(algorithm) { keys in keys.add(hmac: secret, digestAlgorithm: digest) }
        } catch {
            throw TokenKeyError("The \(algorithm.rawValue) key can't be used.")
        }
    }

    /// A warning for the operator if the secret is shorter than RFC 7518 §3.2 wants it.
    static func weakness(ofSecret text: String, algorithm: TokenAlgorithm) -> String? {
        let size = text.utf8.count
        guard size < algorithm.secretSize else { return nil }
        return """
            The \(algorithm.rawValue) key has \(size) \(size == 1 ? "byte" : "bytes"). It should have \
            \(algorithm.secretSize) or more, since whoever sees a token can try out short ones.
            """
    }
}

extension TokenAlgorithm {
    /// The hash that is signed.
    var digest: DigestAlgorithm {
        switch self {
        case .hs256, .rs256, .ps256, .es256: .sha256
        case .hs384, .rs384, .ps384, .es384: .sha384
        // Ed25519 hashes by itself, with this one.
        case .hs512, .rs512, .ps512, .es512, .edDSA: .sha512
        }
    }

    /// How many bytes a secret must have (RFC 7518 §3.2: as many as the hash); 0 if the algorithm has none.
    var secretSize: Int {
        switch self {
        case .hs256: 32
        case .hs384: 48
        case .hs512: 64
        default: 0
        }
    }
}
