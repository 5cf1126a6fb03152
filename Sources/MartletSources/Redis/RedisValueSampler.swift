package import MartletRedis

/// Asks Redis for the values of `redis-value` sources: one MGET for all keys that are looked at.
///
/// A value is the text of a key as it is, and `null` for a key that is not there.
package struct RedisValueSampler: Sampler {
    private let client: RedisClient
    private let key: RedisKeyTemplate

    /// Makes a sampler; it connects when it is first asked.
    package init(client: RedisClient, key: RedisKeyTemplate) {
        self.client = client
        self.key = key
    }

    package func names(of watch: Watch) -> [String] { [self.key.key(watch.variables)] }

    package func sample(_ watches: [Watch]) async -> [Result<String, SourceProblem>] {
        let keys = watches.map { self.key.key($0.variables) }
        do throws(RedisError) {
            let reply = try await self.client.send(RedisCommand("MGET", strings: keys))
            guard let values = reply.elements, values.count == keys.count else {
                let problem = SourceProblem(.refused, "Redis does not answer MGET with as many values as keys")
                return watches.map { _ in .failure(problem) }
            }
            return zip(keys, values).map { key, value in
                if value.isNull { return .success("null") }
                guard let text = value.text else {
                    return .failure(SourceProblem(.refused, "Redis answers MGET of \(key) with something else"))
                }
                return .success(text)
            }
        } catch {
            return watches.map { _ in .failure(SourceProblem(error)) }
        }
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
