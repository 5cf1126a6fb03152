import Foundation
import JWTKit

/// A key, and the one algorithm that it is used with (RFC 8725 §3.1).
struct TokenKey: Sendable {
    let algorithm: TokenAlgorithm
    /// What tokens call it: `kid`.
    let id: String?
    private let implementation: any JWTAlgorithm

    /// JWTKit makes its algorithms inside a collection of keys and hands them out by name only. A collection of one can't
    /// hand out another; its own `verify` would take the key that comes first for a `kid` that it does not know.
    init(
        _ algorithm: TokenAlgorithm,
        id: String? = nil,
        adding add: @Sendable (isolated JWTKeyCollection) throws -> Void
    ) async throws {
        let keys = JWTKeyCollection()
        try await add(keys)
        self.algorithm = algorithm
        self.id = id
        self.implementation = try await keys.getKey()
    }

    func isSignature(_ signature: [UInt8], of bytes: [UInt8]) -> Bool {
        // What throws here is a signature of the wrong length.
        (try? self.implementation.verify(signature, signs: bytes)) ?? false
    }

    func signature(of bytes: [UInt8]) throws -> [UInt8] {
        try self.implementation.sign(bytes)
    }
}
