import Hummingbird
import MartletServer

/// Registering, logging in and logging out.
extension NoticesApplication {
    func addUsers(to router: Router<BasicRequestContext>) {
        router.post("/users") { request, context in try await self.register(request, context) }
        router.post("/session") { request, context in try await self.logIn(request, context) }
        router.get("/session") { request, _ in
            let user = try await self.user(of: request)
            return Known(id: user.id, name: user.name)
        }
        router.delete("/session") { request, _ in try await self.logOut(request) }
    }

    private struct Credentials: Decodable {
        var name: String
        var password: String

        /// Whether they are of a length that anybody's can have.
        var areSound: Bool {
            (1...64).contains(self.name.utf8.count) && (8...256).contains(self.password.utf8.count)
        }
    }

    /// Who is logged in. A page names its topic by the id.
    private struct Known: ResponseEncodable {
        var id: Int64
        var name: String
    }

    private func register(_ request: Request, _ context: BasicRequestContext) async throws -> HTTPResponse.Status {
        let new = try await request.decode(as: Credentials.self, context: context)
        guard new.areSound else {
            throw HTTPError(.badRequest, message: "A name has 1 to 64 bytes, a password 8 to 256.")
        }
        let hash = try await self.passwords.hash(new.password)
        guard try await self.store.addUser(named: new.name, password: hash.description) else {
            throw HTTPError(.conflict, message: "The name is taken.")
        }
        return .created
    }

    private func logIn(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let credentials = try await request.decode(as: Credentials.self, context: context)
        guard credentials.areSound, let user = try await self.user(with: credentials) else {
            throw HTTPError(.unauthorized, message: "Name or password is wrong.")
        }
        var response = Response(status: .noContent)
        response.setCookie(try await self.sessions.begin(for: user))
        return response
    }

    /// Whose name and password they are, if anybody's. What it answers, and when, is the same for names that nobody has.
    private func user(with credentials: Credentials) async throws -> Store.User? {
        let name = credentials.name
        try self.attempts.begin(name)
        let known: (user: Store.User, password: String)?
        let hash: PasswordHash?
        let isRight: Bool
        do {
            known = try await self.store.user(named: name)
            hash = known.flatMap { PasswordHash($0.password) }
            isRight = try await self.passwords.verify(credentials.password, against: hash)
        } catch {
            self.attempts.undo(name)
            throw error
        }
        guard isRight, let user = known?.user, let hash else { return nil }
        self.attempts.forget(name)
        // The password is at hand only now: the time to keep it at the costs of today. The next login will do as well.
        if self.passwords.isOutdated(hash), let raised = try? await self.passwords.hash(credentials.password) {
            try await self.store.setPassword(raised.description, of: user)
        }
        return user
    }

    /// Logs out, also whoever is already: a cookie whose session is over goes too.
    private func logOut(_ request: Request) async throws -> Response {
        if let user = try await self.sessions.session(of: request)?.user {
            try await self.sessions.end(of: request)
            // Its pages' streams were opened with the session that is over.
            self.endpoint.endStreams(of: Self.subject(user))
        }
        var response = Response(status: .noContent)
        response.setCookie(self.sessions.noCookie)
        return response
    }
}
