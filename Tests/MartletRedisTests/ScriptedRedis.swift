import MartletRedis
import NIOCore
import NIOPosix
import Synchronization

/// A server on a real socket that plays a script: each connection is one run of it, and is closed when the run is over.
final class ScriptedRedis: Sendable {
    typealias Script = @Sendable (inout Peer) async throws -> Void

    /// One client. Belongs to the task of its script.
    struct Peer {
        /// The how manieth connection this is, from 0.
        let number: Int
        fileprivate var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
        fileprivate let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
        fileprivate let server: ScriptedRedis
        private var decoder = RESPDecoder()

        fileprivate init(
            number: Int,
            inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator,
            outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>,
            server: ScriptedRedis
        ) {
            self.number = number
            self.inbound = inbound
            self.outbound = outbound
            self.server = server
        }

        /// The next command; `nil` when the client has closed.
        @discardableResult
        mutating func command() async throws -> [String]? {
            while true {
                if let command = try self.decoder.next() {
                    let words = command.elements?.compactMap(\.text) ?? []
                    self.server.seen.withLock { $0.append(words) }
                    return words
                }
                guard let bytes = try await self.inbound.next() else { return nil }
                self.decoder.append(bytes)
            }
        }

        func send(_ text: String) async throws {
            try await self.outbound.write(ByteBuffer(string: text))
        }

        /// Takes commands until the client closes.
        mutating func clientClosed() async throws {
            while try await self.command() != nil {}
        }
    }

    let port: Int
    private let seen = Mutex<[[String]]>([])

    /// All commands that came, in order.
    var commands: [[String]] { self.seen.withLock { $0 } }

    private init(port: Int) {
        self.port = port
    }

    /// Runs a server as long as `test` runs.
    static func run(
        _ script: @escaping Script,
        test: @Sendable @escaping (ScriptedRedis) async throws -> Void
    ) async throws {
        let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelOption(.autoRead, value: false)
            // Wrapped by who plays the script: a wrapped channel that nobody takes any more, because the test is over,
            // would be an error of NIO's.
            .bind(host: "127.0.0.1", port: 0) { channel in channel.eventLoop.makeSucceededFuture(channel) }
        let server = ScriptedRedis(port: listener.channel.localAddress?.port ?? 0)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await listener.executeThenClose { connections in
                    try await withThrowingDiscardingTaskGroup { runs in
                        var number = 0
                        for try await connection in connections {
                            runs.addTask { [number] in
                                try? await Self.wrapped(connection).executeThenClose { inbound, outbound in
                                    let iterator = inbound.makeAsyncIterator()
                                    var peer = Peer(
                                        number: number,
                                        inbound: iterator,
                                        outbound: outbound,
                                        server: server
                                    )
                                    try await script(&peer)
                                }
                            }
                            number += 1
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
            while try await group.next() == false {}
        }
    }

    private static func wrapped(_ channel: any Channel) async throws -> NIOAsyncChannel<ByteBuffer, ByteBuffer> {
        try await channel.eventLoop.submit {
            let wrapped = try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
            try channel.syncOptions?.setOption(.autoRead, value: true)
            return wrapped
        }.get()
    }

    func configuration(
        _ login: String = "",
        _ change: (inout RedisConnection.Configuration) -> Void = { _ in }
    ) throws -> RedisConnection.Configuration {
        var configuration = RedisConnection.Configuration(url: try RedisURL("redis://\(login)127.0.0.1:\(self.port)"))
        change(&configuration)
        return configuration
    }
}
