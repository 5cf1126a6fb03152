import Foundation
import Martlet
import NIOCore

/// What a verified token allows, or an application. Made once per token and shared by all requests that bring it.
final class Grant: Sendable {
    /// What the templates of one claim may cost, in steps per byte of a topic: hundreds of usual ones.
    private static let maxStepsPerByte = 1000

    /// The topics that may be published to.
    let publish: SelectorSet
    /// The topics whose private updates may be seen.
    let subscribe: [Selector]
    /// What the subscriptions API shows of the subscriber, as JSON.
    let payload: String?
    /// When it ends.
    let expires: Date?
    /// The token, or `""` if it was another way.
    let token: String
    /// Whom an application gave it to; `""` for nobody in particular.
    let subject: String

    /// Takes the claims of a verified token.
    ///
    /// - Throws: if one of its selectors is malformed: what its issuer meant to allow is not to be guessed.
    init(_ claims: TokenClaims, token: String) throws(TokenError) {
        self.publish = SelectorSet(try Self.selectors(claims.publish, of: "publish"))
        self.subscribe = try Self.selectors(claims.subscribe, of: "subscribe")
        self.payload = claims.payload
        self.expires = claims.expires
        self.token = token
        self.subject = ""
    }

    /// Takes an application's word.
    init(_ permission: Permission) {
        self.publish = SelectorSet(permission.publish)
        self.subscribe = permission.subscribe
        self.payload = permission.payload
        self.expires = permission.end
        self.token = ""
        self.subject = permission.subject
    }

    /// What an operator has.
    static let everything = Grant(.everything)

    /// Whether it has ended.
    var isOver: Bool { self.expires.map { $0.timeIntervalSinceNow <= 0 } ?? false }

    /// When streams that it was brought for end.
    var deadline: NIODeadline {
        guard let expires = self.expires else { return .distantFuture }
        // A century ahead is as good as never, and can be counted in nanoseconds.
        let seconds = min(max(0, expires.timeIntervalSinceNow), 3_000_000_000)
        return .now() + .nanoseconds(Int64(seconds * 1e9))
    }

    private static func selectors(_ texts: [String], of claim: String) throws(TokenError) -> [Selector] {
        var selectors: [Selector] = []
        for text in texts {
            do throws(UpdateError) {
                selectors.append(try Selector(text))
            } catch {
                throw TokenError(.badClaim, "The token's claim \"\(claim)\" has a bad selector: \(error.message)")
            }
        }
        guard selectors.reduce(0, { $0 + $1.stepsPerByte }) <= self.maxStepsPerByte else {
            throw TokenError(.badClaim, "The templates of the token's claim \"\(claim)\" hold too many variables.")
        }
        return selectors
    }
}

/// The tokens that were verified of late, so that a request that brings one again is answered without waiting.
///
/// One per event loop, confined to it.
final class GrantCache {
    /// Bytes of one generation.
    private static let capacity = 16 << 20
    /// For how long a token is taken at its word. It bounds how long one outlives a key that was withdrawn.
    private static let trust: TimeAmount = .minutes(10)

    private struct Key: Hashable {
        var role: Role
        var token: String
    }

    private var grants = RecentCache<Key, (grant: Grant, until: NIODeadline)>(capacity: GrantCache.capacity)
    /// How often all were forgotten. What was verified before that is not to be inserted after it.
    private(set) var generation = 0

    /// The grant of a token that was verified and has not ended.
    func grant(for token: String, as role: Role) -> Grant? {
        let key = Key(role: role, token: token)
        guard let (grant, end) = self.grants.value(for: key, cost: self.cost(of: token)) else { return nil }
        if end > .now(), grant.expires.map({ $0.timeIntervalSinceNow > 0 }) ?? true { return grant }
        self.grants.remove(key, cost: self.cost(of: token))
        return nil
    }

    /// - Parameter generation: when its verification began.
    func insert(_ grant: Grant, as role: Role, of generation: Int) {
        guard generation == self.generation else { return }
        let key = Key(role: role, token: grant.token)
        self.grants.insert((grant, .now() + Self.trust), for: key, cost: self.cost(of: grant.token))
    }

    func removeAll() {
        self.generation += 1
        self.grants.removeAll()
    }

    /// A selector in a token takes many times its text when it is compiled.
    private func cost(of token: String) -> Int { token.utf8.count * 16 + 512 }
}
