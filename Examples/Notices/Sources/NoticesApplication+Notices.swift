import Hummingbird
import Martlet
import MartletServer

/// Telling somebody something, and reading it.
extension NoticesApplication {
    func addNotices(to router: Router<BasicRequestContext>) {
        router.get("/notices") { request, _ in
            let (list, unread) = try await self.store.notices(of: try await self.user(of: request))
            return Notices(unread: unread, list: list)
        }
        router.post("/notices") { request, context in try await self.tell(request, context) }
        router.post("/notices/read") { request, _ in try await self.markRead(request) }
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
        var unread: Int
        var list: [Store.Notice]
    }

    private func tell(_ request: Request, _ context: BasicRequestContext) async throws -> HTTPResponse.Status {
        let sender = try await self.user(of: request)
        let new = try await request.decode(as: NewNotice.self, context: context)
        // In bytes: a single character can have any number of them.
        guard (1...1000).contains(new.text.utf8.count) else {
            throw HTTPError(.badRequest, message: "A notice has 1 to 1,000 bytes.")
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
}
