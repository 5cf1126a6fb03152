extension Configuration {
    /// Who may publish and subscribe over HTTP.
    ///
    /// ```swift
    /// let secret = Configuration.Auth.Key.text(Secret("of 32 bytes at least, and random"), .hs256)
    /// let auth = Configuration.Auth(publish: secret, subscribe: secret, anonymous: true)
    /// ```
    public struct Auth: Sendable, Equatable {
        /// What tokens of publishers are checked with; without it but with the other key, nobody publishes over HTTP.
        public var publish: Key?
        /// What tokens of subscribers are checked with.
        public var subscribe: Key?
        /// Whether one may subscribe without a token.
        public var anonymous: Bool
        /// The origins, in their canonical form, of the pages that may publish with a visitor's cookie.
        public var publishOrigins: [String]

        /// Keys as they are; `anonymous` is whether there is none, unless given.
        public init(
            publish: Key? = nil,
            subscribe: Key? = nil,
            anonymous: Bool? = nil,
            publishOrigins: [String] = []
        ) {
            self.publish = publish
            self.subscribe = subscribe
            self.anonymous = anonymous ?? (publish == nil && subscribe == nil)
            self.publishOrigins = publishOrigins
        }

        /// Whether any token can be checked.
        public var hasKey: Bool { publish != nil || subscribe != nil }
    }
}

extension Configuration.Auth {
    /// What a token is checked with.
    public enum Key: Sendable, Equatable {
        /// The shared secret of HS256, HS384 and HS512, or else a public key in PEM.
        case text(Secret, TokenAlgorithm)
        /// A file that holds the like.
        case file(path: String, TokenAlgorithm)
        /// A set of public keys (RFC 7517); without an algorithm each key says its own.
        case jwks(KeySet, TokenAlgorithm?)
    }

    /// Where a JWKS is.
    public enum KeySet: Sendable, Equatable {
        /// An https:// URL, or an http:// one of this machine.
        case url(String)
        /// A file.
        case file(path: String)
    }
}
