import Martlet
package import MartletRedis

/// Counts items that others push to lists in Redis, for `redis-queue` sources with a counter: what is in a list is taken
/// out and added to the counter's key in one step, and the counter is the value.
///
/// The counter is in Redis, so nothing is lost or counted twice, whatever ends when.
package struct RedisCounterSampler: Sampler {
    private let client: RedisClient
    private let queue: RedisKeyTemplate
    private let counter: RedisKeyTemplate
    private let field: String
    private let start: SQLNumber?
    private let wakes: Wakes
    private let script = RedisScript(Self.text)

    /// Makes a sampler; it connects when it is first asked.
    ///
    /// - Parameters:
    ///   - field: what the number is called in the value's object.
    ///   - start: what a counter that is not there begins at; nil for 0.
    ///   - wakes: told of what came while it was asked.
    package init(
        client: RedisClient,
        queue: RedisKeyTemplate,
        counter: RedisKeyTemplate,
        field: String,
        start: SQLNumber? = nil,
        wakes: Wakes
    ) {
        self.client = client
        self.queue = queue
        self.counter = counter
        self.field = field
        self.start = start
        self.wakes = wakes
    }

    package func names(of watch: Watch) -> [String] {
        [self.queue.key(watch.variables), self.counter.key(watch.variables)]
    }

    package func sample(_ watches: [Watch]) async -> [Result<String, SourceProblem>] {
        var results = await self.count(watches)
        guard let start = self.start else { return results.map { $0.map { self.value($0 ?? 0) } } }
        // Those whose counter is not there yet.
        let fresh = results.indices.filter { if case .success(nil) = results[$0] { true } else { false } }
        if !fresh.isEmpty {
            let starts = await start.numbers(of: fresh.map { watches[$0] })
            let settings = zip(fresh, starts).compactMap { index, start in
                (try? start.get()).map { RedisCommand("SET", .string(self.counter(watches[index])), "\($0)", "NX") }
            }
            _ = await self.client.send(settings)
            for (index, start) in zip(fresh, starts) {
                if case .failure(let error) = start { results[index] = .failure(error) }
            }
            let begun = fresh.filter { if case .success = results[$0] { true } else { false } }
            for (index, result) in zip(begun, await self.count(begun.map { watches[$0] })) { results[index] = result }
        }
        return results.map { result in
            result.flatMap { number in
                guard let number else {
                    return .failure(SourceProblem(.unavailable, "the counter is gone right after it was set"))
                }
                return .success(self.value(number))
            }
        }
    }

    package func close() async { await self.start?.close() }

    private func counter(_ watch: Watch) -> String { self.counter.key(watch.variables) }
    private func value(_ number: Int64) -> String { "{\(JSONText.quoted(self.field)):\(number)}" }

    /// The counters after what was in their lists was added; nil for one that has to be given a start first.
    private func count(_ watches: [Watch]) async -> [Result<Int64?, SourceProblem>] {
        let calls = watches.map { watch in
            let keys = self.names(of: watch)
            return (
                keys: keys,
                arguments: [self.start == nil ? "0" : "1"],
                // Reading the keys has Redis tell when they change; what came since the script ran is seen here.
                then: [RedisCommand("GET", .string(keys[1])), RedisCommand("EXISTS", .string(keys[0]))]
            )
        }
        let results = await self.script.run(calls, on: self.client)
        return zip(watches, results).map { watch, result in
            result.mapError { SourceProblem($0, key: self.names(of: watch).joined(separator: " or ")) }.flatMap {
                replies in
                if replies[0].text == "START" { return .success(nil) }
                if replies[2].integer != 0 { self.wakes.wake([self.queue.key(watch.variables)]) }
                if replies[1].isNull { return .success(self.start == nil ? 0 : nil) }
                guard let number = replies[1].integer else {
                    return .failure(SourceProblem(.refused, "the key \(self.counter(watch)) holds no whole number"))
                }
                return .success(number)
            }
        }
    }

    /// Keys: the list, the counter. Argument: whether a counter that is not there needs a start.
    private static let text = """
        if ARGV[1] == '1' and redis.call('EXISTS', KEYS[2]) == 0 then
            return redis.status_reply('START')
        end
        local count = redis.call('LLEN', KEYS[1])
        if count > 0 then
            redis.call('INCRBY', KEYS[2], count)
            redis.call('DEL', KEYS[1])
        end
        return redis.status_reply('OK')
        """
}
