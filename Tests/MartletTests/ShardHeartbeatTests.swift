import NIOCore
import NIOEmbedded
import ServerSentEvents
import Testing

@testable import Martlet

@Suite struct ShardHeartbeatTests {
    @Test func `each idle stream gets one comment per interval, a slice of them at a time`() throws {
        let shard = EmbeddedShard(Hub.Settings(heartbeat: .seconds(15)))
        let outlets = try (0..<120).map { _ in shard.join(try .sample("a")) }
        var sent = 0
        for _ in 0..<3 {
            shard.loop.advanceTime(by: .seconds(5))
            let now = outlets.reduce(0) { $0 + $1.heartbeats }
            #expect(now - sent == 40, "120 streams over 3 ticks")
            sent = now
        }
        #expect(outlets.allSatisfy { $0.heartbeats == 1 })
        shard.loop.advanceTime(by: .seconds(30))
        #expect(outlets.allSatisfy { $0.heartbeats == 3 })
    }

    @Test(arguments: [
        (TimeAmount.milliseconds(1), 1), (.milliseconds(999), 1), (.milliseconds(9_999), 1), (.seconds(10), 2),
        (.seconds(15), 3), (.seconds(60), 12), (.hours(1), 60),
    ])
    func `an interval is cut into at most sixty ticks, five seconds apart`(heartbeat: TimeAmount, slices: Int) {
        let settings = Hub.Settings(heartbeat: heartbeat)
        #expect(settings.heartbeatSlices == slices)
        #expect(settings.tick.nanoseconds * Int64(slices) <= heartbeat.nanoseconds)
    }

    @Test func `the timer runs only while there are streams`() throws {
        let shard = EmbeddedShard(Hub.Settings(heartbeat: .seconds(15)))
        #expect(shard.shard.ticking == nil)
        for _ in 0..<3 {
            let outlets = try (0..<5).map { _ in shard.join(try .sample("a")) }
            #expect(shard.shard.ticking != nil)
            shard.loop.advanceTime(by: .seconds(15))
            #expect(outlets.allSatisfy { $0.heartbeats == 1 })
            for outlet in outlets { shard.shard.leave(try #require(outlet.subscriber)) }
            #expect(shard.shard.ticking == nil)
            shard.loop.advanceTime(by: .seconds(60))
            #expect(outlets.allSatisfy { $0.heartbeats == 1 && $0.violations.isEmpty })
        }
    }

    @Test func `the rest keep their heartbeat when others leave`() throws {
        let shard = EmbeddedShard(Hub.Settings(heartbeat: .seconds(1)))
        var outlets = try (0..<50).map { _ in shard.join(try .sample("a")) }
        var random = SeededGenerator(seed: 3)
        while outlets.count > 1 {
            let leaving = outlets.remove(at: Int.random(in: outlets.indices, using: &random))
            shard.shard.leave(try #require(leaving.subscriber))
            let before = outlets.map(\.heartbeats)
            shard.loop.advanceTime(by: .seconds(1))
            #expect(zip(outlets, before).allSatisfy { $0.heartbeats == $1 + 1 })
        }
    }

    @Test func `other tasks get their turn between the heartbeats of a large slice`() throws {
        let shard = EmbeddedShard(Hub.Settings(heartbeat: .seconds(1)))
        let count = Shard.heartbeatsPerTurn * 2 + 1
        var order: [String] = []
        var isFirst = true
        let outlets = try (0..<count).map { _ in shard.join(try .sample("a")) }
        for outlet in outlets {
            outlet.answer = {
                order.append("heartbeat")
                if isFirst { shard.loop.execute { order.append("task") } }
                isFirst = false
                return .taken
            }
        }
        shard.loop.advanceTime(by: .seconds(1))
        #expect(order.firstIndex(of: "task") == Shard.heartbeatsPerTurn)
        #expect(order.count { $0 == "heartbeat" } == Shard.heartbeatsPerTurn, "sockets are looked at first")
        shard.loop.advanceTime(by: Shard.heartbeatPause * 2)
        #expect(outlets.allSatisfy { $0.heartbeats == 1 })
        shard.loop.advanceTime(by: .seconds(1))
        #expect(outlets.allSatisfy { $0.heartbeats == 2 })
    }

    @Test(arguments: 0..<8)
    func `nobody is left out when others leave between the heartbeats of a large slice`(seed: Int) throws {
        let shard = EmbeddedShard(Hub.Settings(heartbeat: .seconds(1)))
        var random = SeededGenerator(seed: seed)
        let outlets = try (0..<Shard.heartbeatsPerTurn * 4).map { _ in shard.join(try .sample("a")) }
        let leaving = outlets.shuffled(using: &random).prefix(Int.random(in: 0...outlets.count, using: &random))
        var waiting = Array(leaving)
        var sent = 0
        for outlet in outlets {
            outlet.answer = {
                sent += 1
                if sent.isMultiple(of: Shard.heartbeatsPerTurn) {
                    shard.loop.execute {
                        for outlet in waiting.suffix(outlets.count / 3) {
                            if let subscriber = outlet.subscriber { shard.shard.leave(subscriber) }
                        }
                        waiting.removeLast(min(waiting.count, outlets.count / 3))
                    }
                }
                return .taken
            }
        }
        shard.loop.advanceTime(by: .seconds(1) + Shard.heartbeatPause * 4)
        let staying = outlets.filter { outlet in !leaving.contains { $0 === outlet } }
        #expect(staying.allSatisfy { $0.heartbeats >= 1 })
        #expect(outlets.allSatisfy { $0.violations.isEmpty })
        shard.loop.advanceTime(by: .seconds(1))
        #expect(staying.allSatisfy { $0.heartbeats >= 2 })
    }

    @Test func `a heartbeat that fills the socket costs nothing of what comes`() throws {
        let shard = EmbeddedShard(Hub.Settings(heartbeat: .milliseconds(100), stall: .hours(1)))
        var answers: [SendResult] = [.taken, .full]
        let outlet = shard.join(try .sample("a"), ScriptedOutlet { answers.isEmpty ? .taken : answers.removeFirst() })
        shard.publish([try .sample("a", data: "1")])
        shard.loop.advanceTime(by: .milliseconds(100))
        #expect(outlet.isFull)
        shard.publish([try .sample("a", data: "2")])
        shard.loop.advanceTime(by: .seconds(1))
        #expect(outlet.heartbeats == 1)
        outlet.drain()
        shard.shard.roomAvailable(for: try #require(outlet.subscriber))
        shard.publish([try .sample("a", data: "3")])
        #expect(try outlet.events.map(\.data) == ["1", "2", "3"])
        #expect(outlet.violations.isEmpty)
    }

    @Test func `a reader that takes nothing is ended, one that takes something is not`() throws {
        let shard = EmbeddedShard(Hub.Settings(heartbeat: .milliseconds(100), stall: .milliseconds(400)))
        let stalled = shard.join(try .sample("a"), ScriptedOutlet { .full })
        let slow = shard.join(try .sample("a"), ScriptedOutlet { .full })
        let live = shard.join(try .sample("b"))
        shard.publish([try .sample("a")])
        for _ in 0..<10 {
            slow.progress += 1
            shard.loop.advanceTime(by: .milliseconds(100))
            if !stalled.ends.isEmpty, let subscriber = stalled.subscriber { shard.shard.leave(subscriber) }
        }
        #expect(stalled.ends == [nil])
        #expect(slow.ends.isEmpty)
        #expect(live.ends.isEmpty && live.heartbeats == 10)
        #expect(shard.shard.counters.stalled == 1)
    }

    @Test func `a reader has its time before it is ended`() throws {
        let shard = EmbeddedShard(Hub.Settings(heartbeat: .milliseconds(100), stall: .seconds(60)))
        let stalled = shard.join(try .sample("a"), ScriptedOutlet { .full })
        shard.publish([try .sample("a")])
        shard.loop.advanceTime(by: .milliseconds(59_900))
        #expect(stalled.ends.isEmpty)
        shard.loop.advanceTime(by: .milliseconds(200))
        #expect(stalled.ends.count >= 1)
    }
}
