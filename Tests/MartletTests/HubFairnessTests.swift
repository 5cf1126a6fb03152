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
        private let updates: [Update]
        let isEnough = Atomic(false)
        let count = Atomic(0)

        init(_ hub: Hub, updates: Int) throws {
            self.hub = hub
            self.updates = Array(repeating: try .sample("a"), count: updates)
        }

        /// The next one is there before the hub has looked whether there is one.
        func publish() {
            self.hub.publish(self.updates) { _ in
                self.count.add(1, ordering: .relaxed)
                if !self.isEnough.load(ordering: .relaxed) { self.publish() }
            }
        }

        /// As tasks do.
        func publishFromElsewhere() async {
            while !self.isEnough.load(ordering: .relaxed) {
                _ = try? await self.hub.publish(self.updates)
                self.count.add(1, ordering: .relaxed)
            }
        }
    }

    /// Has bytes come to a socket of a loop while publishers leave nobody time, and waits until they are read.
    private func checkSockets(
        publishingOn places: [Int],
        of loops: Int,
        updates: Int = 1,
        elsewhere: Int = 0
    ) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: loops)
        let home = group.next()
        let all = Array(group.makeIterator())
        let hub = Hub(log: MemoryLog(), eventLoopGroup: group)
        let publisher = try Publisher(hub, updates: updates)
        var ends: [CInt] = [-1, -1]
        try #require(socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0)
        let other = ends[1]
        let channel = try await ClientBootstrap(group: home)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        Arrival { publisher.isEnough.store(true, ordering: .relaxed) }
                    )
                }
            }
            .withConnectedSocket(ends[0]).get()
        let index = all.firstIndex { $0 === channel.eventLoop } ?? 0
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { try await hub.run() }
            for _ in 0..<elsewhere { tasks.addTask { await publisher.publishFromElsewhere() } }
            for place in places { all[(index + place) % loops].execute { publisher.publish() } }
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

    @Test func `sockets of the publishers' loop get their turn though there is always something to append`()
        async throws
    {
        try await self.checkSockets(publishingOn: [0], of: 1)
    }

    @Test func `sockets of another loop get their turn though it is always handed something`() async throws {
        try await self.checkSockets(publishingOn: [1], of: 2)
    }

    @Test func `sockets get their turn though the loop appends and is handed something, always both`() async throws {
        try await self.checkSockets(publishingOn: [0, 0, 1, 1], of: 2)
    }

    @Test func `sockets get their turn though each publisher brings much at once`() async throws {
        try await self.checkSockets(publishingOn: [0], of: 1, updates: 200)
    }

    @Test func `sockets get their turn though tasks bring more and more from elsewhere`() async throws {
        try await self.checkSockets(publishingOn: [], of: 1, updates: 20, elsewhere: 200)
    }
}
