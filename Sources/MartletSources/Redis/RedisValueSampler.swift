package import MartletRedis
import Synchronization

/// Asks Redis for the values of `redis-value` sources: one MGET for all keys that are looked at.
///
/// A value is the text of a key as it is, and `null` for a key that is not there. More than is taken from a server ends
/// the connection for all; so once that has happened, the lengths are asked for first, as long as one is too large.
package final class RedisValueSampler: Sampler {
    private static let maxBytes = Int64(RESPDecoder.Limits().bulkBytes)
    /// What one MGET may have in all, while lengths are asked for.
    private static let portionBytes: Int64 = 64 << 20

    private let client: RedisClient
    private let key: RedisKeyTemplate
    private let asksForLengths = Mutex(false)

    /// Makes a sampler; it connects when it is first asked.
    package init(client: RedisClient, key: RedisKeyTemplate) {
        self.client = client
        self.key = key
    }

    package func names(of watch: Watch) -> [String] { [self.key.key(watch.variables)] }

    package func sample(_ watches: [Watch]) async -> [Result<String, SourceProblem>] {
        let keys = watches.map { self.key.key($0.variables) }
        if self.asksForLengths.withLock({ $0 }) { return await self.valuesByLength(of: keys) }
        do throws(RedisError) {
            return try await self.values(of: keys)
        } catch {
            if error.isTooLarge { return await self.valuesByLength(of: keys) }
            return keys.map { _ in .failure(SourceProblem(error)) }
        }
    }

    private func values(of keys: [String]) async throws(RedisError) -> [Result<String, SourceProblem>] {
        let reply = try await self.client.send(RedisCommand("MGET", strings: keys))
        guard let values = reply.elements, values.count == keys.count else {
            let problem = SourceProblem(.refused, "Redis does not answer MGET with as many values as keys")
            return keys.map { _ in .failure(problem) }
        }
        return zip(keys, values).map { key, value in
            if value.isNull { return .success("null") }
            guard let text = value.text else {
                return .failure(SourceProblem(.refused, "Redis answers MGET of \(key) with something else"))
            }
            return .success(text)
        }
    }

    /// The values of those keys that are not too large, a portion at a time.
    private func valuesByLength(of keys: [String]) async -> [Result<String, SourceProblem>] {
        var results = [Result<String, SourceProblem>?](repeating: nil, count: keys.count)
        var portions: [[Int]] = [[]]
        var bytes: Int64 = 0
        var isFine = true
        let lengths = await self.client.send(keys.map { RedisCommand("STRLEN", .string($0)) })
        for (index, reply) in lengths.enumerated() {
            var length: Int64 = 0
            switch reply {
            case .success(let reply): length = reply.integer ?? 0
            // What is no string has no length, and is null in an MGET.
            case .failure(let error) where error.code == .server("WRONGTYPE"): break
            case .failure(let error):
                isFine = false
                results[index] = .failure(SourceProblem(error, key: keys[index]))
                continue
            }
            guard length <= Self.maxBytes else {
                isFine = false
                let problem = "the key \(keys[index]) holds \(length) bytes; at most \(Self.maxBytes) are published"
                results[index] = .failure(SourceProblem(.refused, problem))
                continue
            }
            if bytes + length > Self.portionBytes {
                isFine = false
                portions.append([])
                bytes = 0
            }
            bytes += length
            portions[portions.count - 1].append(index)
        }
        for portion in portions where !portion.isEmpty {
            do throws(RedisError) {
                let values = try await self.values(of: portion.map { keys[$0] })
                for (index, value) in zip(portion, values) { results[index] = value }
            } catch {
                isFine = false
                for index in portion { results[index] = .failure(SourceProblem(error)) }
            }
        }
        self.asksForLengths.withLock { $0 = !isFine }
        return results.map { $0 ?? .failure(SourceProblem(.unavailable, "was not asked for")) }
    }

    /// The connection stays: it costs next to nothing while nothing is asked.
    package func close() async {}
}

extension SourceProblem {
    /// - Parameter key: what the server was asked for, which its own sentences don't name.
    init(_ error: RedisError, key: String) {
        self.init(error)
        // Of a script it says where in it something failed, which tells an operator nothing.
        let end = self.message.firstRange(of: " script: ")?.lowerBound ?? self.message.endIndex
        if self.code == .refused { self.message = self.message[..<end] + ", at the key \(key)" }
    }

    init(_ error: RedisError) {
        switch error.code {
        case .unavailable, .timeout, .cancelled, .protocolViolation: self.init(.unavailable, error.message)
        // What passes: a script that runs for long, a server that starts, changes its role, or is out of memory.
        case .server("BUSY"), .server("LOADING"), .server("READONLY"), .server("OOM"), .server("MASTERDOWN"),
            .server("CLUSTERDOWN"), .server("TRYAGAIN"), .server("NOREPLICAS"), .server("NOSCRIPT"),
            .server("MISCONF"):
            self.init(.unavailable, error.message)
        default: self.init(.refused, error.message)
        }
    }
}
