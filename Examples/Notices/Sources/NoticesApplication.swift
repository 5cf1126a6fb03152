import Foundation
import Hummingbird
import Logging
import Martlet
import MartletServer
import NIOCore

/// An application with users who log in and tell each other things, and a hub in it that tells their open pages.
///
/// Its routes and the hub share one port and one idea of who somebody is: the session's cookie.
struct NoticesApplication: Sendable {
    let store: Store
    let sessions: Sessions
    let passwords: Passwords
    let attempts: LoginAttempts
    let hub: Hub
    let endpoint: HubEndpoint

    /// - Parameters:
    ///   - store: the application's data.
    ///   - log: where the hub keeps what it pushed.
    ///   - cookieIsSecure: whether browsers send the session's cookie over TLS only.
    init(
        store: Store,
        log: any EventLog,
        cookieIsSecure: Bool = true,
        passwords: Passwords = Passwords(),
        attempts: LoginAttempts = LoginAttempts(),
        logger: Logger
    ) throws {
        let sessions = Sessions(in: store, cookieIsSecure: cookieIsSecure)
        self.store = store
        self.sessions = sessions
        self.passwords = passwords
        self.attempts = attempts
        self.hub = Hub(log: log)
        let access = try Access.decided(logger: logger) { request in
            guard let session = try await sessions.session(of: request) else {
                throw HTTPError(.unauthorized, message: "Log in first.")
            }
            return try Permission(
                subscribe: [.topic(Self.topic(of: session.user))],
                subject: Self.subject(session.user),
                // The stream ends with the session; and no later than in five minutes, so that whoever may no longer look
                // is found out. A page comes back by itself and misses nothing.
                until: min(session.end, .now + 300)
            )
        }
        self.endpoint = HubEndpoint(hub: self.hub, access: access, hasShortForm: false)
    }

    /// The application as it is served.
    func application(
        port: Int,
        logger: Logger,
        onServerRunning: @escaping @Sendable (any Channel) async -> Void = { _ in }
    ) -> some ApplicationProtocol {
        Application(
            router: self.router(),
            server: .hub(self.endpoint),
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port)),
            services: [self.endpoint],
            onServerRunning: onServerRunning,
            logger: logger
        )
    }

    private func router() -> Router<BasicRequestContext> {
        let router = Router()
        router.add(middleware: SameOrigin())
        router.addBrowserClient()
        router.addHealth(of: self.endpoint)
        router.get("/") { _, _ in Page.html }
        router.get("/page.js") { _, _ in Page.script }

        self.addUsers(to: router)
        self.addNotices(to: router)
        return router
    }

    /// A user's own topic. The id is the application's, so nothing in it can be taken for a template.
    static func topic(of user: Store.User) -> String { "users/\(user.id)/notices" }

    /// Whose streams they are, for the hub to end them.
    static func subject(_ user: Store.User) -> String { String(user.id) }

    /// Who a request comes from.
    ///
    /// - Throws: `HTTPError`, 401, if nobody is logged in.
    func user(of request: Request) async throws -> Store.User {
        guard let session = try await self.sessions.session(of: request) else {
            throw HTTPError(.unauthorized, message: "Log in first.")
        }
        return session.user
    }
}
