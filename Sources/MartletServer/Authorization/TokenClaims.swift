package import Foundation

/// What a token allows, as its issuer wrote it.
package struct TokenClaims: Sendable, Hashable {
    /// Selectors of the topics that may be published to. Empty: none.
    package var publish: [String]
    /// Selectors of the topics whose private updates may be received. Empty: none.
    package var subscribe: [String]
    /// What the subscriptions API shows of the subscriber: JSON without white space between its tokens.
    package var payload: String?
    /// From when on the token is no longer valid: `exp`.
    package var expires: Date?
    /// From when on the token is valid: `nbf`.
    package var notBefore: Date?

    /// Claims that grant what is given, and nothing else.
    package init(
        publish: [String] = [],
        subscribe: [String] = [],
        payload: String? = nil,
        expires: Date? = nil,
        notBefore: Date? = nil
    ) {
        self.publish = publish
        self.subscribe = subscribe
        self.payload = payload
        self.expires = expires
        self.notBefore = notBefore
    }
}
