import AsyncHTTPClient
import EventSourceClient
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import ServiceLifecycle
import Testing

@testable import ContractTestService

/// What a test of the client is made of: the service under test, a server of streams, and a server of callbacks, all on
/// real sockets.
struct Harness: Sendable {
    /// A report that the service posted.
    struct Report: Decodable, Sendable, Equatable {
        struct Event: Decodable, Sendable, Equatable {
            var type = "message"
            var data: String
            var id = ""
        }

        var kind: String
        var event: Event?
        var comment: String?
        var error: String?

        static func event(_ data: String, type: String = "message", id: String = "") -> Report {
            Report(kind: "event", event: Event(type: type, data: data, id: id))
        }

        static func comment(_ text: String) -> Report {
            Report(kind: "comment", comment: text)
        }
    }

    /// A connection to the server of streams.
    struct Connection: Sendable {
        enum Step: Sendable { case send([UInt8]), breakOff }

        let method: String
        let headers: HTTPFields
        let body: String
        fileprivate let steps: AsyncStream<Step>.Continuation

        func send(_ text: String) {
            steps.yield(.send(Array(text.utf8)))
        }

        func send(bytes: [UInt8]) {
            steps.yield(.send(bytes))
        }

        /// Cuts the connection within the chunked body.
        func breakOff() {
            steps.yield(.breakOff)
        }

        func end() {
            steps.finish()
        }

        subscript(name: String) -> String? {
            HTTPField.Name(name).flatMap { headers[$0] }
        }
    }

    let base: String
    let port: Int
    let connections = Mailbox<Connection>()
    /// What the streams wait for that were opened.
    fileprivate let opened = OpenedStreams()
    let reports = Mailbox<(number: Int, report: Report)>()

    /// Runs the service and the servers as long as `test` runs.
    static func run(_ test: @Sendable @escaping (Harness) async throws -> Void) async throws {
        let ports = Mailbox<Int>()
        let service = ContractService(port: 0, client: .forStreams, signals: [])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await service.run { await ports.put($0) } }
            let base = "http://127.0.0.1:\(await ports.next())"
            let router = Router()
            let holder = Mailbox<Harness>()
            let server = Application(
                router: router.adding(holder),
                configuration: .init(address: .hostname("127.0.0.1", port: 0)),
                onServerRunning: { await ports.put($0.localAddress?.port ?? 0) }
            )
            let servers = ServiceGroup(configuration: .init(services: [server], logger: Logger(label: "Harness")))
            group.addTask { try await servers.run() }
            let harness = Harness(base: base, port: await ports.next())
            await holder.put(harness)
            do {
                try await test(harness)
            } catch {
                try await harness.end(servers)
                throw error
            }
            try await harness.end(servers)
            try await group.waitForAll()
        }
    }

    /// Ends one after the other, none by cancellation, which a server that is just accepting does not survive.
    private func end(_ servers: ServiceGroup) async throws {
        _ = try await ask(.DELETE, "/")
        await opened.close()
        await servers.triggerGracefulShutdown()
    }

    var streamURL: String { "http://127.0.0.1:\(port)/stream" }

    /// Has the service open a stream; its URL.
    func open(_ parameters: String = "", streamURL: String? = nil) async throws -> String {
        let rest = parameters.isEmpty ? "" : ", \(parameters)"
        let urls = #""streamUrl":"\#(streamURL ?? self.streamURL)","callbackUrl":"http://127.0.0.1:\#(port)/callback""#
        let answer = try await ask(.POST, "/", "{\"tag\":\"a test\",\(urls)\(rest)}")
        #expect(answer.status == .created)
        return try #require(answer.headers.first(name: "Location"))
    }

    func ask(_ method: HTTPMethod, _ path: String, _ body: String? = nil) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(url: base + path)
        request.method = method
        if let body { request.body = .bytes(ByteBuffer(string: body)) }
        return try await HTTPClient.forStreams.execute(request, timeout: .seconds(10))
    }

    /// The next reports, whose numbers have to follow each other.
    func report(number: Int) async -> Report {
        let next = await reports.next()
        #expect(next.number == number)
        return next.report
    }
}

/// The streams that wait for what to send next; they end with the harness, also those that are only just coming.
private actor OpenedStreams {
    private var isClosed = false
    private var streams: [AsyncStream<Harness.Connection.Step>.Continuation] = []

    func add(_ stream: AsyncStream<Harness.Connection.Step>.Continuation) {
        if isClosed { stream.finish() } else { streams.append(stream) }
    }

    func close() {
        isClosed = true
        for stream in streams { stream.finish() }
        streams = []
    }
}

extension Router where Context == BasicRequestContext {
    /// The routes of the servers of streams and of callbacks.
    fileprivate func adding(_ holder: Mailbox<Harness>) -> Router {
        let harness = Task { await holder.next() }
        post("/callback/{number}") { request, context -> HTTPResponse.Status in
            let number = try context.parameters.require("number", as: Int.self)
            let body = try await request.body.collect(upTo: 16 << 20)
            let report = try JSONDecoder().decode(Harness.Report.self, from: Data(body.readableBytesView))
            await harness.value.reports.put((number, report))
            return .accepted
        }
        get("/redirect/{status}/{to}") { _, context -> Response in
            let status = try context.parameters.require("status", as: Int.self)
            let headers: HTTPFields =
                switch context.parameters.get("to") {
                case "stream": [.location: await harness.value.streamURL]
                case "empty": [.location: ""]
                default: [:]
                }
            return Response(status: .init(code: status), headers: headers)
        }
        for method in [HTTPRequest.Method.get, .post, .init("REPORT")].compactMap({ $0 }) {
            on("/stream", method: method) { request, _ in
                let body = try await request.body.collect(upTo: 1 << 20)
                let (steps, continuation) = AsyncStream.makeStream(of: Harness.Connection.Step.self)
                await harness.value.opened.add(continuation)
                await harness.value.connections.put(
                    .init(
                        method: request.method.rawValue,
                        headers: request.headers,
                        body: String(buffer: body),
                        steps: continuation
                    )
                )
                return Response(
                    status: .ok,
                    headers: [.contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-cache"],
                    body: ResponseBody { writer in
                        for await step in steps {
                            guard case .send(let bytes) = step else { throw CancellationError() }
                            try await writer.write(ByteBuffer(bytes: bytes))
                        }
                        try await writer.finish(nil)
                    }
                )
            }
        }
        get("/ended") { request, _ -> HTTPResponse.Status in
            await harness.value.connections.put(
                .init(
                    method: "GET",
                    headers: request.headers,
                    body: "",
                    steps: AsyncStream.makeStream(of: Harness.Connection.Step.self).continuation
                )
            )
            return .noContent
        }
        return self
    }
}
