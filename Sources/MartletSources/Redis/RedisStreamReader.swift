import Martlet
package import MartletRedis

/// Reads entries of streams in Redis, for `redis-stream` sources: each once, from where the bookmark says.
package struct RedisStreamReader: ItemReader {
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

    private static let maxEntries = 256

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
        // One command per stream: a key that is no stream must not take the others' answer away.
        let commands = watches.map { watch in
            let key = self.key.key(watch.variables)
            guard let place = self.place(of: watch) ?? (self.start == .all ? "0-0" : nil) else {
                return RedisCommand("XREVRANGE", .string(key), "+", "-", "COUNT", "1")
            }
            return RedisCommand("XREAD", "COUNT", "\(Self.maxEntries)", "STREAMS", .string(key), .string(place))
        }
        return zip(watches, await self.client.send(commands)).map { watch, reply in
            reply.mapError { SourceProblem($0, key: self.key.key(watch.variables)) }.flatMap { reply in
                if self.place(of: watch) == nil, self.start == .new {
                    // Noted before anything is published, so that what comes from now on is read whatever happens.
                    let newest = reply.elements?.first?.elements?.first?.text
                    var items = Items(bookmark: newest ?? "0-0", hasMore: true)
                    // A stream that is not there, of which anybody may make up any number, begins with its first entry.
                    items.isKept = newest != nil
                    return .success(items)
                }
                return self.items(of: reply, key: self.key.key(watch.variables))
            }
        }
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

    private func items(of reply: RESPToken, key: String) -> Result<Items, SourceProblem> {
        if reply.isNull { return .success(Items()) }
        // RESP3 has a map of streams, RESP2 an array of pairs.
        let stream = reply.pairs?.first?.value ?? reply.elements?.first?.elements?.last
        guard let entries = stream?.elements else {
            return .failure(SourceProblem(.refused, "Redis answers XREAD of \(key) with something else"))
        }
        var items = Items(hasMore: entries.count == Self.maxEntries)
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
