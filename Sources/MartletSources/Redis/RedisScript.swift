import MartletRedis
import Synchronization

/// A script that runs in Redis as one step, sent once per round and named by its digest for each watch.
final class RedisScript: Sendable {
    private let text: String
    private let digest = Mutex<String?>(nil)

    init(_ text: String) {
        self.text = text
    }

    /// Runs the script once per call, each with commands after it, all in one round trip.
    ///
    /// - Parameter calls: keys and arguments of each run, and what is asked right after it.
    /// - Returns: for each call the script's reply and those of its commands, or what failed first.
    func run(
        _ calls: [(keys: [String], arguments: [String], then: [RedisCommand])],
        on client: RedisClient
    ) async -> [Result<[RESPToken], RedisError>] {
        let load = RedisCommand("SCRIPT", "LOAD", .string(self.text))
        let digest: String
        do throws(RedisError) {
            if let known = self.digest.withLock({ $0 }) {
                digest = known
            } else {
                digest = try await client.send(load).text ?? ""
                self.digest.withLock { $0 = digest }
            }
        } catch {
            return calls.map { _ in .failure(error) }
        }
        // A server that was started anew knows no scripts; to load one that is known costs nothing.
        var commands = [load]
        for call in calls {
            let run = [digest, "\(call.keys.count)"] + call.keys + call.arguments
            commands.append(RedisCommand("EVALSHA", strings: run))
            commands += call.then
        }
        let replies = await client.send(commands)
        var next = 1
        return calls.map { call in
            let own = replies[next...next + call.then.count]
            next += 1 + call.then.count
            return Result { () throws(RedisError) in try own.map { reply throws(RedisError) in try reply.get() } }
        }
    }
}
