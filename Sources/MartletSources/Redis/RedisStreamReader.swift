import Martlet
package import MartletRedis
import Synchronization

/// Reads entries of streams in Redis, for `redis-stream` sources: each once, from where the bookmark says.
///
/// More than is taken from a server ends the connection for all; so a stream that has had such a reply is measured
/// before it is read, until a page of it is none too large.
package final class RedisStreamReader: ItemReader {
    /// Where a stream is begun that was never read.
    package enum Start: String, Sendable, CaseIterable {
        /// With its oldest entry.
        case all
        /// With what comes from now on.
        case new
    }

    private let client: RedisClient
    private let key: RedisKeyTemplate
    private let start: Start
    private let field: String?
    /// The keys of streams that are measured first.
    private let large = Mutex<Set<String>>([])
    private let measure = RedisScript(RedisStreamReader.measureText)

    private static let maxEntries = 256
    private static let maxEntryBytes = RESPDecoder.Limits().bulkBytes
    /// What one page of a stream that is measured may have.
    private static let pageBytes = 64 << 20
    /// How often the same watches are asked for, each time with one more stream that is measured.
    private static let maxAttempts = 5

    /// Makes a reader; it connects when it is first asked.
    ///
    /// - Parameter field: the field whose text is published; nil for all of them as an object.
    package init(client: RedisClient, key: RedisKeyTemplate, start: Start = .new, field: String? = nil) {
        self.client = client
        self.key = key
        self.start = start
        self.field = field
    }

    package func names(of watch: Watch) -> [String] { [self.key.key(watch.variables)] }

    package func read(_ watches: [Watch]) async -> [Result<Items, SourceProblem>] {
        var results = [Result<Items, SourceProblem>?](repeating: nil, count: watches.count)
        for attempt in 1...Self.maxAttempts {
            let open = results.indices.filter { results[$0] == nil }
            var counts = [Int](repeating: Self.maxEntries, count: watches.count)
            for (index, measured) in await self.measured(open, of: watches) {
                switch measured {
                case .page(let count): counts[index] = count
                case .done(let result): results[index] = result
                }
            }
            let asked = open.filter { results[$0] == nil }
            if asked.isEmpty { break }
            // One command per stream: a key that is no stream must not take the others' answer away.
            let commands = asked.map { self.command(for: watches[$0], count: counts[$0]) }
            var isTooLarge = false
            for (index, reply) in zip(asked, await self.client.send(commands)) {
                let key = self.key.key(watches[index].variables)
                if case .failure(let error) = reply, error.isTooLarge, attempt < Self.maxAttempts {
                    // It is the first one's reply; the others have none, and are asked for again.
                    if !isTooLarge { self.large.withLock { _ = $0.insert(key) } }
                    isTooLarge = true
                    continue
                }
                results[index] = self.result(of: reply, for: watches[index], count: counts[index])
            }
            if !isTooLarge { break }
        }
        return results.map { $0 ?? .failure(SourceProblem(.unavailable, "was not asked for")) }
    }

    private func result(
        of reply: Result<RESPToken, RedisError>,
        for watch: Watch,
        count: Int
    ) -> Result<Items, SourceProblem> {
        let key = self.key.key(watch.variables)
        switch reply {
        case .failure(let error): return .failure(SourceProblem(error, key: key))
        case .success(let reply):
            if self.startingPoint(of: watch) != nil { return self.items(of: reply, key: key, count: count) }
            return .success(Self.beginning(at: reply.elements?.first?.elements?.first?.text))
        }
    }

    private func command(for watch: Watch, count: Int) -> RedisCommand {
        let key = self.key.key(watch.variables)
        guard let start = self.startingPoint(of: watch) else {
            return RedisCommand("XREVRANGE", .string(key), "+", "-", "COUNT", "1")
        }
        return RedisCommand("XREAD", "COUNT", .string("\(count)"), "STREAMS", .string(key), .string(start))
    }

    /// Noted before anything is published, so that what comes from now on is read whatever happens.
    private static func beginning(at newest: String?) -> Items {
        var items = Items(bookmark: newest ?? "0-0", hasMore: true)
        // A stream that is not there, of which anybody may make up any number, begins with its first entry.
        items.isKept = newest != nil
        return items
    }

    /// What was found of a stream before it is read.
    private enum Measured {
        /// So many of its entries may be read.
        case page(Int)
        /// There is nothing to be read of it now.
        case done(Result<Items, SourceProblem>)
    }

    /// Measures those of some watches that have had a reply that was too large.
    private func measured(_ indices: [Int], of watches: [Watch]) async -> [(Int, Measured)] {
        let large = self.large.withLock { $0 }
        let indices = large.isEmpty ? [] : indices.filter { large.contains(self.key.key(watches[$0].variables)) }
        if indices.isEmpty { return [] }
        let calls = indices.map { index in
            let key = self.key.key(watches[index].variables)
            let arguments = [
                self.startingPoint(of: watches[index]) ?? "", "\(Self.maxEntries)", "\(Self.maxEntryBytes)",
                "\(Self.pageBytes)",
            ]
            // Reading the key has Redis tell when it changes.
            return (keys: [key], arguments: arguments, then: [RedisCommand("EXISTS", .string(key))])
        }
        let replies = await self.measure.run(calls, on: self.client)
        return zip(indices, replies).map { index, reply in
            (index, self.measured(reply, watches[index]))
        }
    }

    private func measured(_ reply: Result<[RESPToken], RedisError>, _ watch: Watch) -> Measured {
        let key = self.key.key(watch.variables)
        switch reply {
        case .failure(let error): return .done(.failure(SourceProblem(error, key: key)))
        case .success(let replies):
            guard let parts = replies[0].elements, parts.count == 2, let count = parts[0].integer else {
                let problem = "Redis answers the script that measures the stream \(key) with something else"
                return .done(.failure(SourceProblem(.refused, problem)))
            }
            if self.startingPoint(of: watch) == nil {
                let newest = parts[1].text ?? ""
                return .done(.success(Self.beginning(at: newest.isEmpty ? nil : newest)))
            }
            if parts[1].text == "whole" { self.large.withLock { _ = $0.remove(key) } }
            // To Redis, 0 is without end.
            return .page(max(1, Int(count)))
        }
    }

    /// Key: the stream. Arguments: the entry after which to begin, or nothing; the most entries, and the most bytes of
    /// one and of all. Gives how many may be read, and whether that is all there are or as many as may be; or without a
    /// beginning the id of the newest.
    private static let measureText = """
        if ARGV[1] == '' then
            local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', '1')
            return {0, newest[1] and newest[1][1] or ''}
        end
        local from = ARGV[1]
        local count = 0
        local bytes = 0
        while count < tonumber(ARGV[2]) do
            local reply = redis.call('XREAD', 'COUNT', '1', 'STREAMS', KEYS[1], from)
            if not reply then break end
            local entry = reply[1][2][1]
            local size = 0
            for _, text in ipairs(entry[2] or {}) do
                size = size + #text
            end
            if size > tonumber(ARGV[3]) then
                if count > 0 then return {count, 'part'} end
                local what = 'TOOLONG the entry ' .. entry[1] .. ' has ' .. size .. ' bytes'
                return redis.error_reply(what .. '; at most ' .. ARGV[3])
            end
            bytes = bytes + size
            if count > 0 and bytes > tonumber(ARGV[4]) then return {count, 'part'} end
            count = count + 1
            from = entry[1]
        end
        return {count, 'whole'}
        """

    /// After which entry a stream is read; nil if it is to begin with what comes from now on.
    private func startingPoint(of watch: Watch) -> String? {
        self.place(of: watch) ?? (self.start == .all ? "0-0" : nil)
    }

    /// The bookmark, unless a source of another kind left it under this one's name.
    private func place(of watch: Watch) -> String? {
        guard let parts = watch.bookmark?.split(separator: "-", omittingEmptySubsequences: false), parts.count == 2,
            parts.allSatisfy({ UInt64($0) != nil })
        else { return nil }
        return watch.bookmark
    }

    /// The connection stays: it costs next to nothing while nothing is asked.
    package func close() async {}

    private func items(of reply: RESPToken, key: String, count: Int) -> Result<Items, SourceProblem> {
        if reply.isNull { return .success(Items()) }
        // RESP3 has a map of streams, RESP2 an array of pairs.
        let stream = reply.pairs?.first?.value ?? reply.elements?.first?.elements?.last
        guard let entries = stream?.elements else {
            return .failure(SourceProblem(.refused, "Redis answers XREAD of \(key) with something else"))
        }
        var items = Items(hasMore: entries.count == count)
        for entry in entries {
            guard let parts = entry.elements, parts.count == 2, let id = parts[0].text else {
                return .failure(SourceProblem(.refused, "Redis answers XREAD of \(key) with something else"))
            }
            items.bookmark = id
            // An entry that was removed has no fields any more.
            guard let fields = parts[1].elements, !fields.isEmpty else { continue }
            items.data.append(self.data(RESPToken.array(fields).pairs ?? []))
        }
        return .success(items)
    }

    private func data(_ fields: [RESPToken.Pair]) -> String {
        if let field = self.field {
            return fields.last { $0.key.text == field }?.value.text ?? ""
        }
        let members = fields.map { field in
            JSONText.quoted(field.key.text ?? "") + ":" + JSONText.quoted(field.value.text ?? "")
        }
        return "{" + members.joined(separator: ",") + "}"
    }
}
