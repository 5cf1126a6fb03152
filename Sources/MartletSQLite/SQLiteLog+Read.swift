import Foundation
import GRDB
public import Martlet

extension SQLiteLog {
    /// Reads on after a place, by index: what other topics hold costs nothing.
    public func page(
        after sequence: SequenceNumber,
        for interest: Interest,
        limit: PageLimit
    ) async throws(LogError) -> LogPage {
        try await self.read { db in
            let bounds = try SQLiteLog.bounds(db)
            let start = max(sequence, bounds.first - 1)
            var reader = EntryReader(db: db, epoch: self.epoch)
            var filter = InterestFilter(interest)
            var candidates: [Int64]
            // Up to here the candidates are all there are.
            var complete: Int64
            if interest.selectors.contains(.everything) {
                let end = min(bounds.last, start + Int64(limit.updates))
                candidates = start < end ? Array(start + 1...end) : []
                complete = end
            } else if filter.isScan {
                (candidates, complete) = try reader.scan(
                    after: start,
                    through: bounds.last,
                    limit: limit.updates,
                    filter: &filter
                )
            } else {
                (candidates, complete) = try SQLiteLog.candidates(
                    db,
                    after: start,
                    through: bounds.last,
                    matching: interest.selectors,
                    limit: limit.updates
                )
            }
            var entries: [LogEntry] = []
            var room = limit.bytes
            for candidate in candidates {
                let read = try reader.entry(at: candidate) { filter.admits(isPrivate: $0, topics: $1) }
                guard let entry = read else { continue }
                let size = entry.update.data.utf8.count
                if !entries.isEmpty, size > room || entries.count == limit.updates {
                    complete = entries[entries.count - 1].position.sequence
                    break
                }
                room -= size
                entries.append(entry)
            }
            return LogPage(entries: entries, through: complete, first: bounds.first)
        }
    }

    /// Finds the update that its publisher gave this id, if there is one only.
    public func sequence(ofID id: String) async throws(LogError) -> SequenceNumber? {
        // SQLite's text would end there, and be another id.
        if id.utf8.contains(0) { return nil }
        return try await self.read { db in
            let statement = try db.cachedStatement(sql: "SELECT sequence FROM entry WHERE id = ? LIMIT 2")
            let numbers = try Int64.fetchAll(statement, arguments: [id])
            return numbers.count == 1 ? numbers[0] : nil
        }
    }

    /// Finds the newest update with an id that an interest selects and admits, of the newest few with the id.
    public func sequence(ofID id: String, for interest: Interest) async throws(LogError) -> SequenceNumber? {
        if id.utf8.contains(0) { return nil }
        return try await self.read { db in
            var reader = EntryReader(db: db, epoch: self.epoch)
            var filter = InterestFilter(interest)
            let numbers = try Int64.fetchCursor(
                db.cachedStatement(sql: "SELECT sequence FROM entry WHERE id = ? ORDER BY sequence DESC LIMIT 100"),
                arguments: [id]
            )
            while let number = try numbers.next() {
                let (topics, isPrivate) = try reader.address(of: number)
                if filter.selects(topics), filter.admits(isPrivate: isPrivate, topics: topics) { return number }
                if filter.isSpent { return nil }
            }
            return nil
        }
    }

    /// Finds the newest updates that an interest selects and admits, of the newest few thousand.
    public func newest(for interest: Interest, limit: PageLimit) async throws(LogError) -> [LogEntry] {
        try await self.read { db in
            var reader = EntryReader(db: db, epoch: self.epoch)
            var filter = InterestFilter(interest)
            /// Those of a list that are wanted, the newest first, of so many.
            func newest(of sql: String, _ arguments: StatementArguments, limit most: Int) throws -> [Int64] {
                let numbers = try Int64.fetchCursor(
                    db.cachedStatement(sql: sql + " ORDER BY sequence DESC LIMIT ?"),
                    arguments: arguments + [most]
                )
                var found: [Int64] = []
                while found.count < limit.updates, let number = try numbers.next() {
                    let (topics, isPrivate) = try reader.address(of: number)
                    if filter.selects(topics), filter.admits(isPrivate: isPrivate, topics: topics) {
                        found.append(number)
                    }
                    if filter.isSpent { break }
                }
                return found
            }
            var found: Set<Int64> = []
            if filter.isScan {
                found = Set(try newest(of: "SELECT sequence FROM entry", [], limit: SQLiteLog.maxScanned))
            } else {
                let keys = try SQLiteLog.keys(db, matching: interest.selectors)
                for key in keys {
                    for table in ["entry", "alternate"] {
                        let sql = "SELECT sequence FROM \(table) WHERE topic = ?"
                        found.formUnion(try newest(of: sql, [key], limit: SQLiteLog.share(of: keys.count)))
                    }
                }
            }
            var entries: [LogEntry] = []
            var room = limit.bytes
            for number in found.sorted(by: >).prefix(limit.updates) {
                guard let entry = try reader.entry(at: number) else { continue }
                room -= entry.update.data.utf8.count
                if room < 0, !entries.isEmpty { break }
                entries.append(entry)
            }
            return entries.reversed()
        }
    }

    /// The sequence numbers of what matches, in order, and how far they are complete.
    private static func candidates(
        _ db: Database,
        after start: Int64,
        through last: Int64,
        matching selectors: [Selector],
        limit: Int
    ) throws -> (numbers: [Int64], complete: Int64) {
        var numbers: [Int64] = []
        var complete = last
        let keys = try self.keys(db, matching: selectors)
        let limit = min(limit, self.share(of: keys.count))
        for key in keys {
            for table in ["entry", "alternate"] {
                let statement = try db.cachedStatement(
                    sql: "SELECT sequence FROM \(table) WHERE topic = ? AND sequence > ? ORDER BY sequence LIMIT ?"
                )
                let found = try Int64.fetchAll(statement, arguments: [key, start, limit])
                numbers.append(contentsOf: found)
                if found.count == limit { complete = min(complete, found[limit - 1]) }
            }
        }
        numbers.sort()
        var unique: [Int64] = []
        for number in numbers where number <= complete && number != unique.last { unique.append(number) }
        return (unique, complete)
    }

    /// The most updates that are looked at one by one for one answer.
    fileprivate static let maxScanned = 4096

    /// How far the lists of each of some topics are looked at. A request may name a thousand, and what it costs must not grow
    /// with those times what a page holds.
    private static func share(of topics: Int) -> Int { max(8, self.maxScanned / max(1, 2 * topics)) }

    /// The keys of the topics that are asked for by name.
    private static func keys(_ db: Database, matching selectors: [Selector]) throws -> [Int64] {
        let statement = try db.cachedStatement(sql: "SELECT key FROM topic WHERE name = ?")
        return try selectors.compactMap { selector in
            guard let topic = selector.exactTopic else { return nil }
            return try Int64.fetchOne(statement, arguments: [topic.name])
        }
    }

    func read<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(LogError) -> Value {
        do {
            return try await self.pool.read(body)
        } catch {
            throw LogError(path: self.path, error)
        }
    }
}

/// Reads entries by their sequence numbers, and each topic's name once.
private struct EntryReader {
    let db: Database
    let epoch: Epoch
    private var names: [Int64: Topic] = [:]

    init(db: Database, epoch: Epoch) {
        self.db = db
        self.epoch = epoch
    }

    /// - Parameter isAdmitted: whether it may be seen, by whether it is private and its topics; nil is returned if not. What
    ///   it says is not even read then.
    mutating func entry(
        at sequence: Int64,
        if isAdmitted: (Bool, [Topic]) -> Bool = { _, _ in true }
    ) throws -> LogEntry? {
        let statement = try self.db.cachedStatement(
            sql: "SELECT topic, alternates, id, type, retry, private, data FROM entry WHERE sequence = ?"
        )
        // Not `fetchOne`, which copies the row.
        let rows = try Row.fetchCursor(statement, arguments: [sequence])
        guard let row = try rows.next() else {
            throw LogError(code: .unavailable, message: "update \(sequence) is missing from the log")
        }
        let topics = try self.topics(row[0], row[1])
        guard isAdmitted(row[5], topics) else { return nil }
        let update = Update(
            uncheckedTopics: topics,
            data: try row.withUnsafeData(atIndex: 6) { String(decoding: $0 ?? Data(), as: Unicode.UTF8.self) },
            id: row[2],
            type: row[3],
            retry: row[4],
            isPrivate: row[5]
        )
        return LogEntry(position: Position(epoch: self.epoch, sequence: sequence), update: update)
    }

    /// Whom an update concerns, without reading what it says.
    mutating func address(of sequence: Int64) throws -> (topics: [Topic], isPrivate: Bool) {
        let statement = try self.db.cachedStatement(
            sql: "SELECT topic, alternates, private FROM entry WHERE sequence = ?"
        )
        guard let row = try Row.fetchOne(statement, arguments: [sequence]) else {
            throw LogError(code: .unavailable, message: "update \(sequence) is missing from the log")
        }
        return (try self.topics(row[0], row[1]), row[2])
    }

    /// Looks for what is selected update by update: their sequence numbers, and how far they are complete.
    mutating func scan(
        after start: Int64,
        through last: Int64,
        limit: Int,
        filter: inout InterestFilter
    ) throws -> (numbers: [Int64], complete: Int64) {
        let end = min(last, start + Int64(SQLiteLog.maxScanned))
        let statement = try self.db.cachedStatement(
            sql: """
                SELECT sequence, topic, alternates FROM entry WHERE sequence > ? AND sequence <= ? ORDER BY sequence
                """
        )
        let rows = try Row.fetchCursor(statement, arguments: [start, end])
        var numbers: [Int64] = []
        while let row = try rows.next() {
            if filter.selects(try self.topics(row[1], row[2])) { numbers.append(row[0]) }
            if numbers.count == limit || filter.isSpent { return (numbers, row[0]) }
        }
        return (numbers, end)
    }

    /// The topics with these keys; `alternates` as the table has them.
    private mutating func topics(_ key: Int64, _ alternates: String?) throws -> [Topic] {
        var topics = [try self.topic(key)]
        guard let alternates else { return topics }
        for key in alternates.split(separator: " ") { topics.append(try self.topic(Int64(key)!)) }
        return topics
    }

    private mutating func topic(_ key: Int64) throws -> Topic {
        if let topic = self.names[key] { return topic }
        let statement = try self.db.cachedStatement(sql: "SELECT name FROM topic WHERE key = ?")
        guard let name = try String.fetchOne(statement, arguments: [key]) else {
            throw LogError(code: .unavailable, message: "topic \(key) is missing from the log")
        }
        let topic = Topic(unchecked: name)
        self.names[key] = topic
        return topic
    }
}
