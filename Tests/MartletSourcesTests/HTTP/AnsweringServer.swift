import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A server on a real socket that answers each request as it is told to, and remembers the requests.
final class AnsweringServer: Sendable {
    /// What comes back for a request.
    struct Reply: Sendable {
        var status: HTTPResponseStatus = .ok
        var headers: [(String, String)] = []
        var body: [UInt8] = []
        /// What is there is sent, and then nothing more.
        var isUnfinished = false

        init(_ status: HTTPResponseStatus = .ok, _ body: String = "", headers: [(String, String)] = []) {
            self.status = status
            self.body = Array(body.utf8)
            self.headers = headers
        }
    }

    typealias Answer = @Sendable (HTTPRequestHead) async -> Reply

    let port: Int
    private let recorded = Mutex<[HTTPRequestHead]>([])

    var requests: [HTTPRequestHead] { self.recorded.withLock { $0 } }
    var origin: String { "http://127.0.0.1:\(self.port)" }

    private init(port: Int) {
        self.port = port
    }

    /// Runs a server as long as `test` runs.
    static func run(
        _ answer: @escaping Answer,
        test: @Sendable @escaping (AnsweringServer) async throws -> Void
    ) async throws {
        let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.backlog, value: 64)
            .bind(host: "127.0.0.1", port: 0) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    return try NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>(
                        wrappingChannelSynchronously: channel
                    )
                }
            }
        let server = AnsweringServer(port: listener.channel.localAddress?.port ?? 0)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await listener.executeThenClose { connections in
                    try await withThrowingDiscardingTaskGroup { answers in
                        for try await connection in connections {
                            answers.addTask { try? await server.serve(connection, answer) }
                        }
                    }
                }
                return false
            }
            group.addTask {
                try await test(server)
                return true
            }
            defer { group.cancelAll() }
            while let isOver = try await group.next() {
                if isOver { return }
            }
        }
    }

    private func serve(
        _ connection: NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>,
        _ answer: Answer
    ) async throws {
        try await connection.executeThenClose { inbound, outbound in
            for try await part in inbound {
                guard case .head(let request) = part else { continue }
                self.recorded.withLock { $0.append(request) }
                let reply = await answer(request)
                var headers = HTTPHeaders(reply.headers)
                if !reply.isUnfinished, reply.status != .notModified {
                    headers.add(name: "Content-Length", value: String(reply.body.count))
                }
                try await outbound.write(.head(.init(version: .http1_1, status: reply.status, headers: headers)))
                if !reply.body.isEmpty { try await outbound.write(.body(.byteBuffer(ByteBuffer(bytes: reply.body)))) }
                if !reply.isUnfinished { try await outbound.write(.end(nil)) }
            }
        }
    }
}
