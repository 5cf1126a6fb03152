/// Why a token is refused: a code to count by, and a sentence for whoever sent it.
///
/// The sentence goes over the wire, so it quotes neither the token nor a key.
struct TokenError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of refusal it is.
    enum Code: String, Hashable, Sendable, CaseIterable {
        /// It is no JWS in compact form (RFC 7515 §7.1) with JSON objects inside.
        case malformed
        /// The signature does not fit.
        case badSignature
        /// It names another algorithm than its key's, or none.
        case wrongAlgorithm
        /// It names a key that is not in the key set, or none where there are several.
        case unknownKey
        /// `exp` has passed.
        case expired
        /// `nbf` is still to come.
        case notYetValid
        /// A claim has the wrong type.
        case badClaim
        /// The key set can't be fetched, so nobody knows.
        case unavailable
    }

    var code: Code
    var message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    var description: String { self.message }
}
