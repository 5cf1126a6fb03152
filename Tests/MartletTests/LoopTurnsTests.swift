import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import Martlet

@Suite("Work that goes on for long on one loop", .timeLimit(.minutes(1)))
struct LoopTurnsTests {
    private let loop: any EventLoop = MultiThreadedEventLoopGroup.singleton.next()

    /// Takes longer than a stretch.
    private static func work() {
        let start = NIODeadline.now()
        while NIODeadline.now() - start < .milliseconds(6) {}
    }

    @Test func `who always has more waits behind those that have not had their turn`() async throws {
        let isEnough = Atomic(false)
        let counts = Mutex([0, 0, 0])
        defer { isEnough.store(true, ordering: .relaxed) }
        try await self.loop.submit {
            let turns = LoopTurns(eventLoop: self.loop)
            for index in 0..<3 {
                turns.perform {
                    if isEnough.load(ordering: .relaxed) { return false }
                    Self.work()
                    counts.withLock { $0[index] += 1 }
                    return true
                }
            }
        }.get()
        try await eventually("each has had several turns") { counts.withLock { $0.allSatisfy { $0 >= 5 } } }
        let seen = counts.withLock { $0 }
        #expect(seen.allSatisfy { abs($0 - seen[0]) < 5 })
    }

    @Test func `what work has done besides does not prolong its stretch`() async throws {
        let isEnough = Atomic(false)
        defer { isEnough.store(true, ordering: .relaxed) }
        let longest = try await self.loop.submit {
            let turns = LoopTurns(eventLoop: self.loop)
            let start = NIODeadline.now()
            turns.perform {
                // Something of its own before, and longer than what would be taken for one and the same.
                let begin = NIODeadline.now()
                while NIODeadline.now() - begin < .microseconds(100) {}
                var isDone = false
                turns.perform {
                    defer { isDone = true }
                    return !isDone
                }
                return !isEnough.load(ordering: .relaxed) && NIODeadline.now() - start < .seconds(5)
            }
            return NIODeadline.now() - start
        }.get()
        #expect(longest < .seconds(1))
    }
}
