import Glibc
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import Martlet

@Suite("Whoever has bytes to read while others publish", .timeLimit(.minutes(1)))
struct HubFairnessTests {
    /// Tells that something has come.
    private final class Arrival: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let arrived: @Sendable () -> Void

        init(_ arrived: @escaping @Sendable () -> Void) { self.arrived = arrived }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) { self.arrived() }
    }

    private final class Publisher: Sendable {
        private let hub: Hub
        private let update: Update
        let isEnough = Atomic(false)
        let count = Atomic(0)

        init(_ hub: Hub) throws {
            self.hub = hub
            self.update = try .sample("a")
        }

        /// The next one is there before the hub has looked whether there is one.
        func publish() {
            self.hub.publish([self.update]) { _ in
                self.count.add(1, ordering: .relaxed)
                if !self.isEnough.load(ordering: .relaxed) { self.publish() }
            }
        }
    }

    @Test func `sockets of the committer's loop get their turn though there is always something to append`()
        async throws
    {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let hub = Hub(log: MemoryLog(), eventLoopGroup: group)
        let publisher = try Publisher(hub)
        var ends: [CInt] = [-1, -1]
        try #require(socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0)
        let other = ends[1]
        let channel = try await ClientBootstrap(group: group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        Arrival { publisher.isEnough.store(true, ordering: .relaxed) }
                    )
                }
            }
            .withConnectedSocket(ends[0]).get()
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { try await hub.run() }
            publisher.publish()
            defer { publisher.isEnough.store(true, ordering: .relaxed) }
            try await eventually("it publishes") { publisher.count.load(ordering: .relaxed) > 1000 }
            try #require(write(other, "x", 1) == 1)
            try await eventually("what came is read") { publisher.isEnough.load(ordering: .relaxed) }
            tasks.cancelAll()
        }
        try await channel.close()
        close(other)
        try await group.shutdownGracefully()
    }
}
