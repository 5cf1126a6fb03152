import AsyncHTTPClient
import EventSourceClient
import Foundation
import Hummingbird
import Logging
import Martlet
import NIOCore
import NIOHTTP1
import ServerSentEvents
import ServiceLifecycle
import Testing

@testable import Notices

/// The application on a free port, and requests to it.
struct ServedNotices {
    let url: String

    /// Serves an empty application as long as `test` runs. Unless told otherwise, its passwords cost next to nothing.
    static func run(
        store: Store? = nil,
        cookieIsSecure: Bool = true,
        passwords: Passwords = Passwords(costs: .tiny),
        attempts: LoginAttempts = LoginAttempts(),
        _ test: (ServedNotices) async throws -> Void
    ) async throws {
        let logger = Logger(label: "notices") { _ in SwiftLogNoOpLogHandler() }
        let notices = try NoticesApplication(
            store: try store ?? Store(path: nil),
            log: MemoryLog(),
            cookieIsSecure: cookieIsSecure,
            passwords: passwords,
            attempts: attempts,
            logger: logger
        )
        let (ports, known) = AsyncStream.makeStream(of: Int.self)
        let app = notices.application(port: 0, logger: logger) { known.yield($0.localAddress?.port ?? 0) }
        let services = ServiceGroup(configuration: .init(services: [app], logger: logger))
        try await withThrowingTaskGroup { group in
            group.addTask { try await services.run() }
            let port = await ports.first { _ in true } ?? 0
            let result: Result<Void, any Error>
            do {
                result = .success(try await test(ServedNotices(url: "http://127.0.0.1:\(port)")))
            } catch {
                result = .failure(error)
            }
            await services.triggerGracefulShutdown()
            try await group.waitForAll()
            try result.get()
        }
    }

    /// What a request was answered.
    struct Answer {
        let status: UInt
        let body: String
        let headers: HTTPHeaders

        /// The cookie that it sets, as it is sent back.
        var cookie: String? { self.setCookie?.split(separator: ";").first.map(String.init) }
        var setCookie: String? { self.headers.first(name: "Set-Cookie") }
        var retryAfter: Int? { self.headers.first(name: "Retry-After").flatMap { Int($0) } }
    }

    /// Sends a request; the cookie is a session's, if any.
    func send(
        _ method: HTTPMethod,
        _ path: String,
        _ body: [String: String]? = nil,
        cookie: String? = nil,
        headers: HTTPHeaders = [:]
    ) async throws -> Answer {
        var headers = headers
        if body != nil { headers.add(name: "Content-Type", value: "application/json") }
        let text = try body.map { String(decoding: try JSONEncoder().encode($0), as: UTF8.self) }
        return try await self.send(method, path, text: text, cookie: cookie, headers: headers)
    }

    /// Sends a request whose body is of another kind; its type is among the headers.
    func send(
        _ method: HTTPMethod,
        _ path: String,
        text: String?,
        cookie: String?,
        headers: HTTPHeaders
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: self.url + path)
        request.method = method
        request.headers = headers
        if let cookie { request.headers.add(name: "Cookie", value: cookie) }
        if let text { request.body = .bytes(ByteBuffer(string: text)) }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
        let body = String(buffer: try await response.body.collect(upTo: 1 << 20))
        return Answer(status: response.status.code, body: body, headers: response.headers)
    }

    /// Registers somebody, and logs in.
    ///
    /// - Returns: the session's cookie.
    func newUser(_ name: String) async throws -> String {
        let credentials = ["name": name, "password": "correct horse"]
        _ = try await self.send(.POST, "/users", credentials)
        return try await self.send(.POST, "/session", credentials).cookie ?? ""
    }

    func logIn(_ name: String, _ password: String) async throws -> Answer {
        try await self.send(.POST, "/session", ["name": name, "password": password])
    }

    /// Tells somebody something.
    func tell(_ name: String, cookie: String) async throws {
        #expect(try await self.send(.POST, "/notices", ["to": name, "text": "hello"], cookie: cookie).status == 201)
    }

    /// The events that somebody with a cookie gets, from the oldest that is kept.
    func events(_ topic: String, cookie: String) -> EventSource {
        EventSource(
            self.url + "/.well-known/mercure?topic=" + topic,
            headers: ["Cookie": cookie],
            configuration: .init(lastEventID: "earliest")
        )
    }
}

extension EventSource {
    /// The data of the first `count` events.
    func first(_ count: Int) async throws -> [String] {
        var events = self.makeAsyncIterator()
        var data: [String] = []
        while data.count < count, let event = try await events.next() { data.append(event.data) }
        return data
    }
}

extension PasswordHash.Costs {
    /// Enough for a test that isn't about them.
    static let tiny = Self(rounds: 16, blockSize: 8, parallelism: 1)
}
