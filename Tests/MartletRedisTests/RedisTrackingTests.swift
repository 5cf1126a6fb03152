import MartletRedis
import Synchronization
import Testing

@Suite("Redis tells of changes", .serialized)
struct RedisTrackingTests {
    private final class Told: Sendable {
        let keys = Mutex<[[String]?]>([])
        let states = Mutex<[RedisTracking.State]>([])

        var tracking: RedisTracking {
            RedisTracking { keys in
                self.keys.withLock { $0.append(keys) }
            } changed: { state in
                self.states.withLock { $0.append(state) }
            }
        }
    }

    @Test func `a key that was read is told once it changes, and not when its reader changes it`() async throws {
        try await RedisServer.run { server in
            let told = Told()
            let reader = try await server.connect { $0.tracking = told.tracking }
            let writer = try await server.connect()
            #expect(told.states.withLock { $0 } == [.telling])
            _ = try await reader.send(RedisCommand("MGET", "a", "b"))
            _ = try await reader.send(RedisCommand("SET", "a", "own"))
            _ = try await reader.send(RedisCommand("GET", "a"))
            _ = try await writer.send(RedisCommand("SET", "unread", "x"))
            _ = try await writer.send(RedisCommand("SET", "a", "x"))
            _ = try await writer.send(RedisCommand("SET", "a", "y"))
            _ = try await writer.send(RedisCommand("LPUSH", "b", "x"))
            try await eventually("both are told") { told.keys.withLock { $0.count } == 2 }
            #expect(told.keys.withLock { $0 } == [["a"], ["b"]])
            _ = try await reader.send(RedisCommand("GET", "a"))
            _ = try await writer.send(RedisCommand("FLUSHALL"))
            try await eventually("all is told") { told.keys.withLock { $0.last } == .some(nil) }
            writer.close()
            reader.close()
        }
    }

    @Test func `keys that expire and streams are told`() async throws {
        try await RedisServer.run { server in
            let told = Told()
            let reader = try await server.connect { $0.tracking = told.tracking }
            let writer = try await server.connect()
            _ = try await writer.send(RedisCommand("SET", "short", "x", "PX", "50"))
            _ = try await reader.send(RedisCommand("GET", "short"))
            _ = try await reader.send(RedisCommand("XREAD", "STREAMS", "stream", "0"))
            _ = try await writer.send(RedisCommand("XADD", "stream", "*", "n", "1"))
            try await eventually("both are told") {
                told.keys.withLock { $0.contains(["short"]) && $0.contains(["stream"]) }
            }
            writer.close()
            reader.close()
        }
    }

    @Test func `a connection that is lost may have missed anything`() async throws {
        try await RedisServer.run { server in
            let told = Told()
            let reader = try await server.connect { $0.tracking = told.tracking }
            server.kill()
            try await eventually("the loss is told") { told.states.withLock { $0 } == [.telling, .lost] }
            #expect(told.keys.withLock { $0 } == [nil])
            reader.close()
        }
    }

    @Test func `a server that does not allow it serves all the same`() async throws {
        try await RedisServer.run { server in
            let admin = try await server.connect()
            _ = try await admin.send(
                RedisCommand("ACL", "SETUSER", "default", "-client|tracking")
            )
            let told = Told()
            let reader = try await server.connect { $0.tracking = told.tracking }
            guard case .refused(let error) = told.states.withLock({ $0.first }) else {
                Issue.record("it was not refused")
                return
            }
            #expect(error.message.contains("NOPERM"))
            #expect(try await reader.send(RedisCommand("GET", "a")).isNull)
            admin.close()
            reader.close()
            #expect(told.states.withLock { $0.count } == 1)
        }
    }
}
