package import MartletRedis

/// Takes items from lists in Redis that others push to with LPUSH, for `redis-queue` sources: the oldest first, each once.
///
/// An item moves from its list to a list of those under way, in one step, and leaves that when the log has it. How many
/// were taken is counted, in Redis and, as the watch's bookmark, in the log. So after a crash of either it is known which
/// of the items under way have been published. A log that has lost its bookmarks gets them again.
///
/// The state is a hash beside the list; it is forgotten when nothing was taken for a week.
package struct RedisQueueReader: ItemReader {
    private let client: RedisClient
    private let key: RedisKeyTemplate
    private let script = RedisScript(Self.text)

    /// What is taken in one go, in items and, in the script, in bytes.
    private static let maxItems = 256

    /// Makes a reader; it connects when it is first asked.
    package init(client: RedisClient, key: RedisKeyTemplate) {
        self.client = client
        self.key = key
    }

    package func names(of watch: Watch) -> [String] { [self.key.key(watch.variables)] }

    package func read(_ watches: [Watch]) async -> [Result<Items, SourceProblem>] {
        let calls = watches.map { watch in
            let key = self.key.key(watch.variables)
            let place = watch.bookmark.flatMap(Place.init)
            return (
                keys: [key, "martlet:underway:\(key)", "martlet:taken:\(key)"],
                arguments: [
                    "\(Self.maxItems)", "\(UInt64.random(in: .min ... .max))", place?.name ?? "",
                    "\(place?.count ?? 0)",
                ],
                // Reading the key has Redis tell when it changes; what came since the script ran is seen here.
                then: [RedisCommand("EXISTS", .string(key))]
            )
        }
        return zip(calls, await self.script.run(calls, on: self.client)).map { call, result in
            result.mapError { SourceProblem($0, key: call.keys[0]) }.flatMap(self.items)
        }
    }

    /// The connection stays: it costs next to nothing while nothing is asked.
    package func close() async {}

    private func items(_ replies: [RESPToken]) -> Result<Items, SourceProblem> {
        guard let parts = replies[0].elements, parts.count == 3, let name = parts[0].text,
            let taken = parts[1].integer, let items = parts[2].elements
        else { return .failure(SourceProblem(.refused, "Redis answers the script of a queue with something else")) }
        let data = items.compactMap(\.text)
        return .success(
            Items(
                data,
                bookmark: data.isEmpty ? nil : Place(name: name, count: taken + Int64(data.count)).description,
                // Those that were read are to leave the list of those under way.
                hasMore: !data.isEmpty || replies[1].integer != 0
            )
        )
    }

    /// How many items were taken from a list, since its state was given a name.
    struct Place: Hashable, CustomStringConvertible {
        let name: String
        let count: Int64

        init(name: String, count: Int64) {
            self.name = name
            self.count = count
        }

        init?(_ text: String) {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, let count = Int64(parts[1]) else { return nil }
            self.init(name: String(parts[0]), count: count)
        }

        var description: String { "\(self.name):\(self.count)" }
    }

    /// Keys: the list, the list of those under way (the oldest last), the state. Arguments: the most items, a name for a
    /// new state, the bookmark's name and count.
    private static let text = """
        local name = redis.call('HGET', KEYS[3], 'name')
        local taken = tonumber(redis.call('HGET', KEYS[3], 'taken') or '0')
        if not name then
            name = ARGV[2]
            taken = 0
        end
        if ARGV[3] == name and tonumber(ARGV[4]) > taken then
            local done = math.min(tonumber(ARGV[4]) - taken, redis.call('LLEN', KEYS[2]))
            redis.call('LTRIM', KEYS[2], 0, -1 - done)
            taken = tonumber(ARGV[4])
        end
        local under = redis.call('LLEN', KEYS[2])
        while under < tonumber(ARGV[1]) and redis.call('RPOPLPUSH', KEYS[1], KEYS[2]) do
            under = under + 1
        end
        local items = {}
        local bytes = 0
        for index = 1, math.min(under, tonumber(ARGV[1])) do
            local item = redis.call('LINDEX', KEYS[2], -index)
            if #item > 8388608 then
                if index > 1 then break end
                return redis.error_reply('TOOLONG an item of ' .. #item .. ' bytes waits in ' .. KEYS[2] .. '; at most 8388608')
            end
            bytes = bytes + #item
            if index > 1 and bytes > 4194304 then break end
            items[index] = item
        end
        if #items > 0 or taken > 0 then
            redis.call('HSET', KEYS[3], 'name', name, 'taken', string.format('%.0f', taken))
            redis.call('EXPIRE', KEYS[3], 604800)
        end
        return {name, string.format('%.0f', taken), items}
        """
}
