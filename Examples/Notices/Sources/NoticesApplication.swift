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
    private let store: Store
    private let hub: Hub
    private let endpoint: HubEndpoint

    /// - Parameters:
    ///   - store: the application's data.
    ///   - log: where the hub keeps what it pushed.
    init(store: Store, log: any EventLog, logger: Logger) throws {
        self.store = store
        self.hub = Hub(log: log)
        let access = try Access.decided(logger: logger) { request in
            guard let session = try await Session.of(request, in: store) else {
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

        router.post("/users") { request, context in try await self.register(request, context) }
        router.post("/session") { request, context in try await self.logIn(request, context) }
        router.delete("/session") { request, _ in try await self.logOut(request) }
        router.get("/notices") { request, _ in
            Notices(list: try await self.store.notices(of: try await self.user(of: request)))
        }
        router.post("/notices") { request, context in try await self.tell(request, context) }
        router.post("/notices/read") { request, _ in try await self.markRead(request) }
        return router
    }

    /// A user's own topic. The id is the application's, so nothing in it can be taken for a template.
    private static func topic(of user: Store.User) -> String { "users/\(user.id)/notices" }

    private static func subject(_ user: Store.User) -> String { String(user.id) }
}

extension NoticesApplication {
    private struct Credentials: Decodable {
        var name: String
        var password: String
    }

    private struct NewNotice: Decodable {
        var to: String
        var text: String
    }

    /// What a page is sent: the state, not what changed, so that whoever missed one is right with the next.
    private struct Unread: Encodable {
        var unread: Int
    }

    private struct Notices: ResponseEncodable {
        var list: [Store.Notice]
    }

    private func register(_ request: Request, _ context: BasicRequestContext) async throws -> HTTPResponse.Status {
        let new = try await request.decode(as: Credentials.self, context: context)
        guard (1...64).contains(new.name.count), (8...256).contains(new.password.utf8.count) else {
            throw HTTPError(.badRequest, message: "A name has 1 to 64 characters, a password 8 to 256 bytes.")
        }
        guard try await self.store.addUser(named: new.name, password: try Password.hash(new.password)) else {
            throw HTTPError(.conflict, message: "The name is taken.")
        }
        return .created
    }

    private func logIn(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let credentials = try await request.decode(as: Credentials.self, context: context)
        guard credentials.password.utf8.count <= 256,
            let (user, hash) = try await self.store.user(named: credentials.name),
            try Password.verify(credentials.password, against: hash)
        else { throw HTTPError(.unauthorized, message: "Name or password is wrong.") }
        let cookie = try await Session.begin(for: user, in: self.store)
        return Response(status: .noContent, headers: [.setCookie: cookie])
    }

    private func logOut(_ request: Request) async throws -> Response {
        let user = try await self.user(of: request)
        try await Session.end(of: request, in: self.store)
        // Its pages' streams were opened with the session that is over.
        self.endpoint.endStreams(of: Self.subject(user))
        return Response(status: .noContent, headers: [.setCookie: Session.noCookie])
    }

    private func tell(_ request: Request, _ context: BasicRequestContext) async throws -> HTTPResponse.Status {
        let sender = try await self.user(of: request)
        let new = try await request.decode(as: NewNotice.self, context: context)
        guard (1...1000).contains(new.text.count) else {
            throw HTTPError(.badRequest, message: "A notice has 1 to 1,000 characters.")
        }
        guard let (receiver, _) = try await self.store.user(named: new.to) else {
            throw HTTPError(.notFound, message: "Nobody has this name.")
        }
        let unread = try await self.store.addNotice(new.text, from: sender, to: receiver)
        try await self.push(unread, to: receiver)
        return .created
    }

    private func markRead(_ request: Request) async throws -> HTTPResponse.Status {
        let user = try await self.user(of: request)
        try await self.store.markAllRead(of: user)
        try await self.push(0, to: user)
        return .noContent
    }

    /// Tells the pages that a user has open, however many; if there are none, it costs a line in the log.
    private func push(_ unread: Int, to user: Store.User) async throws {
        try await self.hub.publish(Update(topic: Self.topic(of: user), json: Unread(unread: unread), isPrivate: true))
    }

    private func user(of request: Request) async throws -> Store.User {
        guard let session = try await Session.of(request, in: self.store) else {
            throw HTTPError(.unauthorized, message: "Log in first.")
        }
        return session.user
    }
}
