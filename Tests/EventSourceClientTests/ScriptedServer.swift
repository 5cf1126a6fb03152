import NIOCore
import NIOPosix
import Synchronization

/// A server on a real socket that plays a script: each connection carries one request, and is answered by the next
/// step of the script, in bytes, and closed when the step is done.
final class ScriptedServer: Sendable {
    typealias Step = @Sendable (Exchange) async throws -> Void

    struct Request: Sendable {
        var line: String
        var headers: [(name: String, value: [UInt8])]
        var body: String

        subscript(name: String) -> String? {
            headers.first { $0.name.lowercased() == name.lowercased() }.map {
                String(decoding: $0.value, as: UTF8.self)
            }
        }
    }

    /// One request and the connection it came on. Belongs to the task of its step.
    struct Exchange {
        let request: Request
        let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
        fileprivate let channel: any Channel
        fileprivate let closed: Signal

        func send(_ text: String) async throws {
            try await outbound.write(ByteBuffer(string: text))
        }

        /// Sends the head of a stream that lasts until the connection is closed.
        func openStream(_ headers: String = "") async throws {
            try await send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\(headers)\r\n")
        }

        /// Ends what is sent, and stays open for what is received.
        func closeOutput() async throws {
            try await channel.writeAndFlush(ByteBuffer())
            try await channel.close(mode: .output)
        }

        /// Waits until the client closes the connection.
        func clientClosed() async {
            await closed.wait()
        }
    }

    let port: Int
    private let recorded = Mutex<[Request]>([])

    var requests: [Request] { recorded.withLock { $0 } }
    var url: String { "http://127.0.0.1:\(port)/stream" }

    private init(port: Int) {
        self.port = port
    }

    /// Runs a server as long as `test` runs.
    static func run<Result: Sendable>(
        _ steps: [Step] = [],
        test: @Sendable @escaping (ScriptedServer) async throws -> Result
    ) async throws -> Result {
        let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.backlog, value: 64)
            .childChannelOption(.socketOption(.so_sndbuf), value: 256 << 10)
            .bind(host: "127.0.0.1", port: 0) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        let server = ScriptedServer(port: listener.channel.localAddress?.port ?? 0)
        return try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask {
                try await listener.executeThenClose { connections in
                    try await withThrowingDiscardingTaskGroup { answers in
                        var steps = steps[...]
                        for try await connection in connections {
                            let step = steps.popFirst() ?? { try await $0.send("HTTP/1.1 204 No Content\r\n\r\n") }
                            answers.addTask { try? await server.answer(connection, with: step) }
                        }
                    }
                }
                return nil
            }
            group.addTask { try await test(server) }
            defer { group.cancelAll() }
            while let result = try await group.next() {
                if let result { return result }
            }
            throw CancellationError()
        }
    }

    private func answer(_ connection: NIOAsyncChannel<ByteBuffer, ByteBuffer>, with step: @escaping Step) async throws {
        try await connection.executeThenClose { inbound, outbound in
            var bytes = inbound.makeAsyncIterator()
            var received = ByteBuffer()
            var complete: Request?
            while complete == nil {
                guard let more = try await bytes.next() else { return }
                received.writeImmutableBuffer(more)
                complete = Self.parse(String(buffer: received))
            }
            guard let request = complete else { return }
            recorded.withLock { $0.append(request) }
            let closed = Signal()
            let exchange = Exchange(request: request, outbound: outbound, channel: connection.channel, closed: closed)
            // The client sends nothing more, so whatever ends this read is the end of the connection.
            async let end: Void = { [bytes] in
                var bytes = bytes
                _ = try? await bytes.next()
                closed.set()
            }()
            try await step(exchange)
            outbound.finish()
            // Behind everything that was written, which closing would discard.
            try await connection.channel.writeAndFlush(ByteBuffer())
            try await connection.channel.close()
            await end
        }
    }

    /// The request, if it has come whole.
    private static func parse(_ text: String) -> Request? {
        guard let end = text.firstRange(of: "\r\n\r\n") else { return nil }
        let lines = text[..<end.lowerBound].split(separator: "\r\n")
        let headers = lines.dropFirst().compactMap { line -> (name: String, value: [UInt8])? in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            return (String(line[..<colon]), Array(line[colon...].utf8.dropFirst(2)))
        }
        let body = String(text[end.upperBound...])
        let request = Request(line: String(lines.first ?? ""), headers: headers, body: body)
        return body.utf8.count < request["Content-Length"].flatMap { Int($0) } ?? 0 ? nil : request
    }
}
