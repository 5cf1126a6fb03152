/// How tokens are signed: the `alg` values of RFC 7518 §3.1 and RFC 8037 §3.1 that a hub accepts.
///
/// ```swift
/// let key = Configuration.Auth.Key.file(path: "publisher.pem", .es256)
/// ```
public enum TokenAlgorithm: String, Sendable, Hashable, CaseIterable {
    /// HMAC with SHA-256 and a shared secret.
    case hs256 = "HS256"
    /// HMAC with SHA-384 and a shared secret.
    case hs384 = "HS384"
    /// HMAC with SHA-512 and a shared secret.
    case hs512 = "HS512"
    /// RSA PKCS #1 v1.5 with SHA-256.
    case rs256 = "RS256"
    /// RSA PKCS #1 v1.5 with SHA-384.
    case rs384 = "RS384"
    /// RSA PKCS #1 v1.5 with SHA-512.
    case rs512 = "RS512"
    /// RSA PSS with SHA-256.
    case ps256 = "PS256"
    /// RSA PSS with SHA-384.
    case ps384 = "PS384"
    /// RSA PSS with SHA-512.
    case ps512 = "PS512"
    /// ECDSA on P-256 with SHA-256.
    case es256 = "ES256"
    /// ECDSA on P-384 with SHA-384.
    case es384 = "ES384"
    /// ECDSA on P-521 with SHA-512.
    case es512 = "ES512"
    /// EdDSA on Ed25519.
    case edDSA = "EdDSA"

    /// Whether who verifies holds the same secret as who signs.
    public var isSymmetric: Bool {
        switch self {
        case .hs256, .hs384, .hs512: true
        default: false
        }
    }
}
