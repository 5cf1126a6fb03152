import Foundation
import Hummingbird

/// Who a request comes from, by its cookie.
enum Session {
    private static let cookieName = "session"
    private static let duration: TimeInterval = 7 * 24 * 3600

    static func of(_ request: Request, in store: Store) async throws -> (user: Store.User, end: Date)? {
        guard let key = request.cookies[self.cookieName]?.value else { return nil }
        return try await store.session(Password.digest(key))
    }

    /// Begins a session.
    ///
    /// - Returns: the cookie to set. Behind TLS it should be `Secure` too.
    static func begin(for user: Store.User, in store: Store) async throws -> String {
        let key = Password.sessionKey()
        try await store.addSession(Password.digest(key), of: user, until: .now + self.duration)
        return "\(self.cookieName)=\(key); Path=/; HttpOnly; SameSite=Lax; Max-Age=\(Int(self.duration))"
    }

    static func end(of request: Request, in store: Store) async throws {
        guard let key = request.cookies[self.cookieName]?.value else { return }
        try await store.endSession(Password.digest(key))
    }

    static var noCookie: String { "\(self.cookieName)=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0" }
}

/// Refuses what a page from elsewhere has a browser change: it would come with the visitor's cookie.
struct SameOrigin<Context: RequestContext>: RouterMiddleware {
    func handle(
        _ request: Request,
        context: Context,
        next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        if let origin = request.headers[.origin], let host = request.head.authority,
            !["http://\(host)", "https://\(host)"].contains(origin)
        {
            throw HTTPError(.forbidden, message: "Pages of other origins may not do this.")
        }
        return try await next(request, context)
    }
}
