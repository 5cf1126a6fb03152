import NIOCore
import NIOPosix
import Testing

@testable import EventSourceClient

@Suite(.timeLimit(.minutes(1))) struct EventSourceTLSTests {
    /// The first record that a client sends, its ClientHello, which is not encrypted (RFC 8446 §5.1).
    private static func firstRecord(
        to listener: NIOAsyncChannel<NIOAsyncChannel<ByteBuffer, ByteBuffer>, Never>
    ) async throws -> [UInt8] {
        try await listener.executeThenClose { connections -> [UInt8] in
            for try await connection in connections {
                return try await connection.executeThenClose { inbound, _ -> [UInt8] in
                    var received: [UInt8] = []
                    for try await part in inbound {
                        received += part.readableBytesView
                        guard received.count >= 5 else { continue }
                        if received.count >= 5 + Int(received[3]) << 8 + Int(received[4]) { break }
                    }
                    return received
                }
            }
            return []
        }
    }

    /// So that a stream has its connection to itself.
    @Test func `a server is offered HTTP/1.1 and nothing else`() async throws {
        let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .bind(host: "127.0.0.1", port: 0) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        let port = listener.channel.localAddress?.port ?? 0
        let reading = Task { try await events(of: EventSource("https://127.0.0.1:\(port)/")) }
        defer { reading.cancel() }
        let hello = try await Self.firstRecord(to: listener)
        // The list of protocols, with its length before it and the length of each name (RFC 7301 §3.1).
        let offer: [UInt8] = [0, 9, 8] + Array("http/1.1".utf8)
        #expect(hello.firstRange(of: offer) != nil)
    }
}
