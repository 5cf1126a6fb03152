import AsyncHTTPClient
import EventSourceClient
import Foundation
import Hummingbird
import Logging
import Martlet
import NIOCore
import NIOHTTP1
import ServiceLifecycle

@testable import Notices

/// The application on a free port, and requests to it.
struct ServedNotices {
    let url: String

    /// Serves an empty application as long as `test` runs.
    static func run(_ test: (ServedNotices) async throws -> Void) async throws {
        let logger = Logger(label: "notices") { _ in SwiftLogNoOpLogHandler() }
        let notices = try NoticesApplication(store: Store(path: nil), log: MemoryLog(), logger: logger)
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

    /// Sends a request; the cookie is a session's, if any.
    func send(
        _ method: HTTPMethod,
        _ path: String,
        _ body: [String: String]? = nil,
        cookie: String? = nil,
        headers: HTTPHeaders = [:]
    ) async throws -> (status: UInt, body: String, cookie: String?) {
        var request = HTTPClientRequest(url: self.url + path)
        request.method = method
        request.headers = headers
        if let cookie { request.headers.add(name: "Cookie", value: cookie) }
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(try JSONEncoder().encode(body))
        }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
        let text = String(buffer: try await response.body.collect(upTo: 1 << 20))
        let set = response.headers.first(name: "Set-Cookie")?.split(separator: ";").first.map(String.init)
        return (response.status.code, text, set)
    }

    /// Registers somebody, and logs in.
    ///
    /// - Returns: the session's cookie.
    func newUser(_ name: String) async throws -> String {
        let credentials = ["name": name, "password": "correct horse"]
        _ = try await self.send(.POST, "/users", credentials)
        return try await self.send(.POST, "/session", credentials).cookie ?? ""
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
