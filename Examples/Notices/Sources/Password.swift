import Crypto
import CryptoExtras
import Foundation

/// Passwords as they are kept, and session keys. Deriving takes tens of milliseconds by intent.
enum Password {
    /// Source: RFC 7914 §2, and the OWASP Password Storage Cheat Sheet for the costs.
    private static let rounds = 1 << 15
    private static let blockSize = 8

    /// `salt$key`, both in Base64.
    static func hash(_ password: String) throws -> String {
        let salt = self.random(16)
        return "\(salt.base64EncodedString())$\(try self.derive(password, salt))"
    }

    static func verify(_ password: String, against hash: String) throws -> Bool {
        let parts = hash.split(separator: "$")
        guard parts.count == 2, let salt = Data(base64Encoded: String(parts[0])) else { return false }
        // Compared in a time that does not tell how much is right.
        return SHA256.hash(data: Data(try self.derive(password, salt).utf8)) == SHA256.hash(data: Data(parts[1].utf8))
    }

    /// A key that nobody guesses, for a cookie; what is kept is its digest, so that a stolen database opens no session.
    static func sessionKey() -> String {
        self.random(32).map { String(format: "%02x", $0) }.joined()
    }

    static func digest(_ key: String) -> String {
        SHA256.hash(data: Data(key.utf8)).map { String(format: "%02x", $0) }.joined()
    }

    private static func derive(_ password: String, _ salt: Data) throws -> String {
        try KDF.Scrypt.deriveKey(
            from: Data(password.utf8),
            salt: salt,
            outputByteCount: 32,
            rounds: self.rounds,
            blockSize: self.blockSize,
            parallelism: 1,
            maxMemory: 64 << 20
        ).withUnsafeBytes { Data($0).base64EncodedString() }
    }

    private static func random(_ count: Int) -> Data {
        SymmetricKey(size: .init(bitCount: count * 8)).withUnsafeBytes { Data($0) }
    }
}
