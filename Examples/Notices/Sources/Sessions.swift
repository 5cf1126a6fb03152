import Crypto
import Foundation
import Hummingbird

/// Who requests come from, by a cookie. What is kept is the digest of its value, so that a stolen database opens no session.
struct Sessions: Sendable {
    private static let duration: TimeInterval = 7 * 24 * 3600

    private let store: Store
    private let cookieIsSecure: Bool

    /// - Parameter cookieIsSecure: whether browsers send the cookie over TLS only, and take it from this host only.
    init(in store: Store, cookieIsSecure: Bool) {
        self.store = store
        self.cookieIsSecure = cookieIsSecure
    }

    /// The session of a request, if it has one that is not over.
    func session(of request: Request) async throws -> (user: Store.User, end: Date)? {
        guard let key = self.key(of: request) else { return nil }
        return try await self.store.session(Self.digest(key))
    }

    /// Begins a session.
    ///
    /// - Returns: the cookie to set.
    func begin(for user: Store.User) async throws -> Cookie {
        let key = SymmetricKey(size: .bits256).withUnsafeBytes { Self.hex($0) }
        try await self.store.addSession(Self.digest(key), of: user, until: .now + Self.duration)
        return self.cookie(key, maxAge: Int(Self.duration))
    }

    func end(of request: Request) async throws {
        guard let key = self.key(of: request) else { return }
        try await self.store.endSession(Self.digest(key))
    }

    /// The cookie that takes a session's away.
    var noCookie: Cookie { self.cookie("", maxAge: 0) }

    /// Browsers take a cookie whose name begins with `__Host-` only if it is secure and of this host alone
    /// (RFC 6265bis §4.1.3.2), so that no sibling's page can put its own in place.
    private var cookieName: String { self.cookieIsSecure ? "__Host-session" : "session" }

    private func cookie(_ value: String, maxAge: Int) -> Cookie {
        Cookie(
            name: self.cookieName,
            value: value,
            maxAge: maxAge,
            path: "/",
            secure: self.cookieIsSecure,
            httpOnly: true,
            sameSite: .lax
        )
    }

    private func key(of request: Request) -> String? { request.cookies[self.cookieName]?.value }

    private static func digest(_ key: String) -> String { self.hex(SHA256.hash(data: Data(key.utf8))) }

    private static func hex(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { String(format: "%02x", $0) }.joined()
    }
}
