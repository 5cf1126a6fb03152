import Testing

@testable import MartletRedis

@Suite("RedisBackoff")
struct RedisBackoffTests {
    @Test func `doubles up to the longest, half of it by lot`() {
        var backoff = RedisBackoff(first: .milliseconds(100), longest: .seconds(1))
        var waits: [Duration] = []
        for _ in 0..<6 {
            backoff.failed(at: .zero, random: 0)
            waits.append(backoff.notBefore)
        }
        #expect(waits == [50, 100, 200, 400, 500, 500].map { .milliseconds($0) })
        backoff.failed(at: .seconds(9), random: 0.5)
        #expect(backoff.notBefore == .seconds(9) + .milliseconds(750))
    }

    @Test func `a connection that has held is made anew at once`() {
        var backoff = RedisBackoff(first: .milliseconds(100), longest: .seconds(1))
        for _ in 0..<9 { backoff.failed(at: .zero, random: 0) }
        backoff.connected(at: .seconds(1))
        backoff.lost(at: .seconds(6), random: 0)
        #expect(backoff.notBefore == .seconds(6))
        backoff.failed(at: .seconds(6), random: 0)
        #expect(backoff.notBefore == .seconds(6) + .milliseconds(50))
    }

    @Test func `one that breaks soon is a failure like others`() {
        var backoff = RedisBackoff(first: .milliseconds(100), longest: .seconds(1))
        for expected in [50, 100, 200] {
            backoff.connected(at: .zero)
            backoff.lost(at: .zero, random: 0)
            #expect(backoff.notBefore == .milliseconds(expected))
        }
    }
}
