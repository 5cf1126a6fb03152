import Foundation

extension TokenClaims {
    /// The claim that holds the hub's object; the namespaced one wins as a whole.
    private static let names = ["https://mercure.rocks/", "mercure"]

    /// Seconds since 1970 of the last moment of the year 9999. Later dates are taken for this one, so that nobody who
    /// counts with them overflows.
    private static let latest = 253_402_300_799.0

    /// Reads a verified token's claims set (RFC 7519 §4). `null` is as good as absent, as it is for the hubs whose tokens
    /// these are.
    init(_ set: [JSONValue.Member]) throws(TokenError) {
        self.init(
            expires: try Self.date("exp", of: set),
            notBefore: try Self.date("nbf", of: set)
        )
        for name in Self.names {
            guard let claim = set[name] else { continue }
            guard case .object(let members) = claim else {
                throw TokenError(.badClaim, "The token's claim \"\(name)\" must be an object.")
            }
            self.publish = try Self.selectors("publish", of: members)
            self.subscribe = try Self.selectors("subscribe", of: members)
            self.payload = members["payload"]?.text
            return
        }
    }

    private static func selectors(_ name: String, of members: [JSONValue.Member]) throws(TokenError) -> [String] {
        guard let value = members[name] else { return [] }
        guard case .array(let elements) = value else {
            throw TokenError(.badClaim, "The token's claim \"\(name)\" must be an array of strings.")
        }
        var selectors: [String] = []
        selectors.reserveCapacity(elements.count)
        for element in elements {
            guard case .string(let selector) = element else {
                throw TokenError(.badClaim, "Each element of the token's claim \"\(name)\" must be a string.")
            }
            selectors.append(selector)
        }
        return selectors
    }

    /// A NumericDate (RFC 7519 §2): seconds since 1970, which may have a fraction.
    private static func date(_ name: String, of set: [JSONValue.Member]) throws(TokenError) -> Date? {
        guard let value = set[name] else { return nil }
        guard case .number(let text) = value, let seconds = Double(text), seconds.isFinite else {
            throw TokenError(.badClaim, "The token's claim \"\(name)\" must be a number of seconds since 1970.")
        }
        return Date(timeIntervalSince1970: max(-self.latest, min(self.latest, seconds)))
    }
}
