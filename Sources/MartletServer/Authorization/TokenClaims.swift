public import Foundation

/// What a token allows, as its issuer wrote it.
public struct TokenClaims: Sendable, Hashable {
    /// Selectors of the topics that may be published to. Empty: none.
    public var publish: [String]
    /// Selectors of the topics whose private updates may be received. Empty: none.
    public var subscribe: [String]
    /// What the subscriptions API shows of the subscriber: JSON without white space between its tokens.
    public var payload: String?
    /// From when on the token is no longer valid: `exp`.
    public var expires: Date?
    /// From when on the token is valid: `nbf`.
    public var notBefore: Date?

    /// Claims that grant what is given, and nothing else.
    public init(
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
