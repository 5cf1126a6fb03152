import Glibc
import NIOCore
import NIOPosix
import Testing

@testable import Martlet

/// A shard writes to sockets past their outlets. What must hold all the same: each gets every byte in order, and who is
/// closed, full or at the end gets none that isn't his.
@Suite("Walking over sockets", .timeLimit(.minutes(1)))
struct ShardWalkTests {
    @Test(arguments: [1, 63, 64, 65, 200])
    func `each gets all, whether past the outlet or through it`(count: Int) async throws {
        try await Self.withStage(count) { stage in
            let outlets = try stage.join { $0.isMultiple(of: 3) ? .throughOutlet : .direct }
            for number in 0..<10 { try stage.publish("update \(number)") }
            for (number, outlet) in outlets.enumerated() {
                #expect(outlet.read() == stage.published)
                #expect(outlet.sentThrough == (number.isMultiple(of: 3) ? 10 : 0))
                #expect(outlet.outcomes.isEmpty)
            }
        }
    }

    @Test func `a closed connection's descriptor is not written to, whoever has it now`() async throws {
        try await Self.withStage(100) { stage in
            let outlets = try stage.join { _ in .direct }
            let closed = outlets[37]
            let descriptor = try #require(closed.socket?.openDescriptor)
            closed.channel.close(promise: nil)
            #expect(closed.socket?.openDescriptor == -1)
            // In the same turn of the loop, before anybody has been told, another connection gets its number.
            var others: [CInt] = []
            defer { for other in others { close(other) } }
            while !others.contains(descriptor), others.count < 64 { others += try Self.socketPair() }
            let place = try #require(others.firstIndex(of: descriptor))
            try stage.publish("secret")
            var bytes = [UInt8](repeating: 0, count: 100)
            #expect(recv(others[place ^ 1], &bytes, bytes.count, Self.dontWait) == -1, "nothing has arrived")
            #expect(closed.sentThrough == 1, "its outlet is told, and says that it is closed")
            #expect(stage.liveCount == 99)
            for outlet in outlets where outlet !== closed { #expect(outlet.read() == stage.published) }
        }
    }

    @Test func `who is full waits with what was left over, and the others get theirs`() async throws {
        try await Self.withStage(100) { stage in
            let outlets = try stage.join { _ in .direct }
            let slow = [outlets[0], outlets[50], outlets[99]]
            let large = String(repeating: "x", count: 60_000)
            var live = stage.liveCount
            for _ in 0..<100 where live > 97 {
                try stage.publish(large)
                for outlet in outlets where !slow.contains(where: { $0 === outlet }) { outlet.keep() }
                live = stage.liveCount
            }
            #expect(live == 97)
            try stage.publish("after")
            for outlet in outlets {
                let isSlow = slow.contains { $0 === outlet }
                #expect(outlet.outcomes.count == (isSlow ? 1 : 0))
                let received = outlet.read()
                if isSlow {
                    let all = received + Array(outlet.rest.readableBytesView)
                    #expect(all.count < stage.published.count && stage.published.starts(with: all))
                } else {
                    #expect(received == stage.published)
                }
            }
        }
    }

    @Test(arguments: [1, 2, 3, 40])
    func `an update for many cohorts reaches each, whoever is closed or full among them`(size: Int) async throws {
        try await Self.withStage(200) { stage in
            let outlets = try stage.join(asking: { ["a", "own/\($0 / size)"] }, { _ in .direct })
            let large = String(repeating: "x", count: 60_000)
            let slow = [outlets[0], outlets[64], outlets[65], outlets[199]]
            let closed = [outlets[1], outlets[130]]
            for outlet in closed { outlet.channel.close(promise: nil) }
            for _ in 0..<100 where stage.liveCount > 194 {
                try stage.publish(large)
                for outlet in outlets where !slow.contains(where: { $0 === outlet }) { outlet.keep() }
            }
            try stage.publish("after")
            #expect(stage.liveCount == 194 && stage.shard.gathered.isEmpty && stage.shard.touched.isEmpty)
            for outlet in outlets where !closed.contains(where: { $0 === outlet }) {
                let received = outlet.read() + Array(outlet.rest.readableBytesView)
                let isSlow = slow.contains { $0 === outlet }
                #expect(isSlow ? stage.published.starts(with: received) : received == stage.published)
            }
        }
    }

    @Test func `a broken connection is told so, and taken out`() async throws {
        try await Self.withStage(10) { stage in
            let outlets = try stage.join { _ in .direct }
            close(outlets[4].hangUp())
            try stage.publish("x")
            #expect(outlets[4].outcomes == [.broken])
            #expect(stage.liveCount == 9)
        }
    }

    @Test func `nothing comes after the end`() async throws {
        try await Self.withStage(10) { stage in
            let outlets = try stage.join { _ in .direct }
            try stage.publish("before")
            stage.shard.end(try #require(outlets[4].subscriber))
            let before = stage.published
            try stage.publish("after")
            #expect(outlets[4].isEnded && outlets[4].read() == before)
            #expect(outlets[5].read() == stage.published)
            stage.shard.leave(try #require(outlets[4].subscriber))
            #expect(stage.shard.counters.streams == 9)
        }
    }
}

extension ShardWalkTests {
    static let dontWait = CInt(MSG_DONTWAIT)

    static func socketPair() throws -> [CInt] {
        var ends: [CInt] = [-1, -1]
        try #require(socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0)
        return ends
    }

    /// Runs `body` on an event loop with a shard and so many connections.
    static func withStage(_ count: Int, _ body: @escaping @Sendable (Stage) throws -> Void) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var channels: [(channel: any Channel, peer: CInt)] = []
        for _ in 0..<count {
            let ends = try Self.socketPair()
            channels.append((try await ClientBootstrap(group: group).withConnectedSocket(ends[0]).get(), ends[1]))
        }
        let connections = channels
        let result: Result<Void, any Error>
        do {
            try await group.next().submit { try body(Stage(group.next(), connections)) }.get()
            result = .success(())
        } catch {
            result = .failure(error)
        }
        for (channel, peer) in connections {
            try? await channel.close()
            close(peer)
        }
        try await group.shutdownGracefully()
        try result.get()
    }

    /// A shard, and connections to join it with.
    final class Stage {
        enum Way { case direct, throughOutlet }

        let shard: Shard
        private let connections: [(channel: any Channel, peer: CInt)]
        private var outlets: [SocketOutlet] = []
        /// What each live subscriber has been sent.
        private(set) var published: [UInt8] = []
        private var sequence: SequenceNumber = 0

        init(_ eventLoop: any EventLoop, _ connections: [(channel: any Channel, peer: CInt)]) throws {
            let log = MemoryLog()
            self.connections = connections
            self.shard = Shard(
                eventLoop: eventLoop,
                head: 0,
                epoch: log.epoch,
                settings: Hub.Settings(),
                history: History(log: log),
                ownership: Ownership([])
            )
        }

        deinit { for outlet in self.outlets { if let subscriber = outlet.subscriber { self.shard.leave(subscriber) } } }

        func join(
            asking topics: (Int) -> [String] = { _ in ["a"] },
            _ way: (Int) -> Way
        ) throws -> [SocketOutlet] {
            for (number, connection) in self.connections.enumerated() {
                let outlet = SocketOutlet(connection.channel, peer: connection.peer, isDirect: way(number) == .direct)
                let interest = Interest(selectors: try topics(number).map { try Selector($0) })
                outlet.subscriber = self.shard.join(interest, from: .newcomer, outlet: outlet)
                self.outlets.append(outlet)
            }
            return self.outlets
        }

        func publish(_ data: String) throws {
            self.sequence += 1
            let position = Position(epoch: self.shard.epoch, sequence: self.sequence)
            let entry = Entry(LogEntry(position: position, update: try .sample("a", data: data)))
            self.shard.dispatch([entry])
            self.published += entry.frame.chunk.readableBytesView
        }

        var liveCount: Int { self.outlets.count { if case .live = $0.subscriber?.state { true } else { false } } }
    }

    /// One end of a socket pair; a test reads the other.
    final class SocketOutlet: StreamOutlet {
        let channel: any Channel
        let socket: StreamSocket?
        private let other: CInt
        private var kept: [UInt8] = []
        var subscriber: Subscriber?
        private(set) var outcomes: [StreamSocket.Outcome] = []
        private(set) var sentThrough = 0
        private(set) var isEnded = false
        /// What a full socket did not take.
        private(set) var rest = ByteBuffer()

        init(_ channel: any Channel, peer: CInt, isDirect: Bool) {
            self.channel = channel
            self.other = peer
            self.socket = isDirect ? StreamSocket(channel) : nil
        }

        func send(_ frame: Frame) -> SendResult {
            self.sentThrough += 1
            return StreamSocket(self.channel)?.write(frame.chunk) == .all ? .taken : .closed
        }

        func resume(_ frame: Frame, after outcome: StreamSocket.Outcome) -> SendResult {
            self.outcomes.append(outcome)
            guard case .some(let count) = outcome else { return .closed }
            self.rest = frame.chunk
            self.rest.moveReaderIndex(forwardBy: count)
            return .full
        }

        let progress = 0
        let peer = StreamPeer()
        func end(with last: Frame?) { self.isEnded = true }

        /// Makes room at the other end.
        func keep() {
            var bytes = [UInt8](repeating: 0, count: 1 << 16)
            while case let count = recv(self.other, &bytes, bytes.count, ShardWalkTests.dontWait), count > 0 {
                self.kept += bytes[..<count]
            }
        }

        /// Everything that has arrived.
        func read() -> [UInt8] {
            self.keep()
            return self.kept
        }

        /// Breaks the connection from the other end.
        func hangUp() -> CInt {
            shutdown(self.other, CInt(SHUT_RDWR))
            return dup(self.other)
        }
    }
}
