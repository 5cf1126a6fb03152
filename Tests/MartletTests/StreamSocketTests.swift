import Glibc
import NIOCore
import NIOPosix
import Testing

@testable import Martlet

@Suite("Writing below the pipeline", .timeLimit(.minutes(1)))
struct StreamSocketTests {
    /// Runs `body` on the event loop of a channel that is one end of a socket pair; the other end is the descriptor.
    private static func withSocket<Result: Sendable>(
        _ body: @escaping @Sendable (any Channel, StreamSocket, CInt) throws -> Result
    ) async throws -> Result {
        var ends: [CInt] = [-1, -1]
        try #require(socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0)
        let peer = ends[1]
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let channel = try await ClientBootstrap(group: group).withConnectedSocket(ends[0]).get()
        do {
            let result = try await channel.eventLoop.submit {
                let socket = try #require(StreamSocket(channel))
                return try body(channel, socket, peer)
            }.get()
            try? await channel.close()
            try await group.shutdownGracefully()
            return result
        } catch {
            try? await channel.close()
            try await group.shutdownGracefully()
            throw error
        }
    }

    @Test func `What fits is taken, and the peer reads it`() async throws {
        try await Self.withSocket { _, socket, peer in
            #expect(socket.write(ByteBuffer(string: "hello")) == .all)
            #expect(socket.write(ByteBuffer()) == .all)
            var bytes = [UInt8](repeating: 0, count: 10)
            #expect(read(peer, &bytes, 10) == 5)
            #expect(Array(bytes[..<5]) == Array("hello".utf8))
            close(peer)
        }
    }

    @Test func `A full socket takes a part, then nothing, and what it took arrives`() async throws {
        try await Self.withSocket { _, socket, peer in
            let bytes = ByteBuffer(repeating: 7, count: 64 << 20)
            guard case .some(let first) = socket.write(bytes) else {
                Issue.record("64 MiB went into a socket nobody reads")
                return
            }
            #expect(first > 0 && first < 64 << 20)
            #expect(socket.write(bytes) == .some(0))
            #expect(socket.write(ByteBuffer(string: "x")) == .some(0))
            var left = first
            var buffer = [UInt8](repeating: 0, count: 1 << 20)
            while left > 0 {
                let count = read(peer, &buffer, min(left, buffer.count))
                guard count > 0 else { break }
                left -= count
            }
            #expect(left == 0)
            #expect(socket.write(ByteBuffer(string: "x")) == .all)
            close(peer)
        }
    }

    @Test func `Only the readable bytes of a buffer are written`() async throws {
        try await Self.withSocket { _, socket, peer in
            var buffer = ByteBuffer(string: "hello world")
            buffer.moveReaderIndex(forwardBy: 6)
            #expect(socket.write(buffer.getSlice(at: 6, length: 3)!) == .all)
            var bytes = [UInt8](repeating: 0, count: 20)
            #expect(read(peer, &bytes, 20) == 3)
            #expect(Array(bytes[..<3]) == Array("wor".utf8))
            close(peer)
        }
    }

    @Test func `A peer that is gone is an error, and no signal`() async throws {
        try await Self.withSocket { _, socket, peer in
            close(peer)
            #expect(socket.write(ByteBuffer(string: "x")) == .broken)
            #expect(socket.write(ByteBuffer(string: "x")) == .broken)
        }
    }

    @Test func `Nothing is written to a closed channel, whose descriptor may be somebody else's`() async throws {
        try await Self.withSocket { channel, socket, peer in
            channel.close(promise: nil)
            #expect(socket.write(ByteBuffer(string: "x")) == .broken)
            #expect(socket.unacknowledged == 0)
            socket.prepareForStream(timeout: .seconds(1))
            close(peer)
        }
    }
}
