import NIOCore
import NIOEmbedded
import Testing

@testable import Martlet

@Suite struct ShardDrainTests {
    @Test(arguments: [1, 3, 20, 333])
    func `every stream ends once within the time, in waves`(count: Int) throws {
        let shard = EmbeddedShard()
        let outlets = try (0..<count).map { _ in shard.join(try .sample("a")) }
        shard.shard.drain(over: .seconds(10))
        shard.shard.drain(over: .seconds(10))
        var most = 0
        var ended = 0
        for _ in 0..<100 {
            shard.loop.advanceTime(by: .milliseconds(100))
            let now = outlets.count { !$0.ends.isEmpty }
            most = max(most, now - ended)
            ended = now
        }
        #expect(outlets.allSatisfy { $0.ends.count == 1 })
        #expect(most <= count / 20 + 1, "nobody takes more than a wave at a time")
    }

    @Test func `each is told to come back after the last has ended, and not all at once`() throws {
        let shard = EmbeddedShard()
        var outlets = try (0..<500).map { _ in shard.join(try .sample("a")) }
        shard.shard.drain(over: .seconds(10))
        // From the beginning of the drain, in milliseconds.
        var times: [Int] = []
        for now in stride(from: 0, to: 10_000, by: 100) {
            shard.loop.advanceTime(by: now == 0 ? .zero : .milliseconds(100))
            let ended = outlets.filter { !$0.ends.isEmpty }
            outlets.removeAll { !$0.ends.isEmpty }
            for outlet in ended {
                let text = try #require(outlet.ends.first ?? nil)
                let match = try #require(text.wholeMatch(of: /retry: ([0-9]+)\n\n/))
                times.append(now + (try #require(Int(match.1))))
            }
        }
        #expect(times.count == 500)
        #expect(times.allSatisfy { (11_000...21_000).contains($0) })
        #expect(Set(times).count > 300)
        #expect(times.min()! < 12_000 && times.max()! > 20_000)
    }

    @Test func `who has left by then is left alone`() throws {
        let shard = EmbeddedShard()
        let outlets = try (0..<10).map { _ in shard.join(try .sample("a")) }
        shard.shard.drain(over: .seconds(10))
        for outlet in outlets { shard.shard.leave(try #require(outlet.subscriber)) }
        shard.loop.advanceTime(by: .seconds(10))
        #expect(outlets.allSatisfy { $0.ends.isEmpty })
    }

    @Test func `without time, all end at once, and nobody comes back within a second`() throws {
        let shard = EmbeddedShard()
        let outlets = try (0..<50).map { _ in shard.join(try .sample("a")) }
        shard.shard.drain(over: .zero)
        shard.loop.run()
        #expect(outlets.allSatisfy { $0.ends == ["retry: 1000\n\n"] })
    }

    @Test func `an empty shard drains too`() {
        let shard = EmbeddedShard()
        shard.shard.drain(over: .seconds(1))
        shard.loop.advanceTime(by: .seconds(2))
        #expect(shard.shard.isDraining)
    }
}
