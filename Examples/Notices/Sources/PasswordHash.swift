import Crypto
import CryptoExtras
import Foundation

/// A password as it is kept: what was derived from it, the salt, and the costs of deriving, which can so be raised.
///
/// Written as `scrypt$N$r$p$salt$key`, salt and key in Base64. Deriving takes a tenth of a second and more by intent:
/// ``Passwords`` does it on threads for that.
struct PasswordHash: Sendable, Hashable, LosslessStringConvertible {
    /// What a guess costs (RFC 7914 §2): `rounds` × `blockSize` × 128 bytes of memory, `parallelism` times over.
    struct Costs: Sendable, Hashable {
        var rounds: Int
        var blockSize: Int
        var parallelism: Int

        /// The least that OWASP's Password Storage Cheat Sheet names for 32 MiB.
        static let recommended = Costs(rounds: 1 << 15, blockSize: 8, parallelism: 3)
    }

    let costs: Costs
    private let salt: Data
    private let key: Data

    private init(costs: Costs, salt: Data, key: Data) {
        self.costs = costs
        self.salt = salt
        self.key = key
    }

    /// A hash that no password has, for names that nobody has: refusing them then takes as long as any other.
    static func ofNobody(_ costs: Costs) -> PasswordHash {
        PasswordHash(costs: costs, salt: Data(repeating: 0, count: 16), key: Data(repeating: 0, count: 32))
    }

    /// Derives the hash of a new password.
    static func make(of password: String, costs: Costs) throws -> PasswordHash {
        let salt = SymmetricKey(size: .bits128).withUnsafeBytes { Data($0) }
        return PasswordHash(costs: costs, salt: salt, key: try self.derive(from: password, salt, costs))
    }

    /// Reads a kept hash; nil if it is none.
    init?(_ description: String) {
        let parts = description.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "scrypt",
            let rounds = Int(parts[1]), let blockSize = Int(parts[2]), let parallelism = Int(parts[3]),
            // What a damaged row can ask for has a bound: 1 GiB.
            (2...1 << 20).contains(rounds), rounds & (rounds - 1) == 0,
            (1...8).contains(blockSize), (1...16).contains(parallelism),
            let salt = Data(base64Encoded: String(parts[4])), salt.count == 16,
            let key = Data(base64Encoded: String(parts[5])), key.count == 32
        else { return nil }
        self.init(
            costs: Costs(rounds: rounds, blockSize: blockSize, parallelism: parallelism),
            salt: salt,
            key: key
        )
    }

    var description: String {
        """
        scrypt$\(self.costs.rounds)$\(self.costs.blockSize)$\(self.costs.parallelism)$\
        \(self.salt.base64EncodedString())$\(self.key.base64EncodedString())
        """
    }

    /// Whether it is the hash of a password.
    func matches(_ password: String) throws -> Bool {
        let derived = try Self.derive(from: password, self.salt, self.costs)
        // Digests are compared in a time that does not tell how much is right.
        return SHA256.hash(data: derived) == SHA256.hash(data: self.key)
    }

    private static func derive(from password: String, _ salt: Data, _ costs: Costs) throws -> Data {
        try KDF.Scrypt.deriveKey(
            from: Data(password.utf8),
            salt: salt,
            outputByteCount: 32,
            rounds: costs.rounds,
            blockSize: costs.blockSize,
            parallelism: costs.parallelism
        ).withUnsafeBytes { Data($0) }
    }
}
