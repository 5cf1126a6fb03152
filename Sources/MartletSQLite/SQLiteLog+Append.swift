import Foundation
import GRDB
public import Martlet
import Synchronization

extension SQLiteLog {
    /// More names than this are looked up in the file instead.
    private static let maxKnownTopics = 200_000

    /// Appends all of `updates` and notes `bookmarks` in one transaction, and returns when it is on disk.
    public nonisolated(nonsending) func append(
        _ updates: [Update],
        bookmarks: [Bookmark]
    ) async throws(LogError) -> SequenceNumber {
        let first = self.bounds.last + 1
        let published = self.stamp()
        // Not GRDB's async `write`: that gives up when the task is cancelled, and a batch that publishers wait for must
        // be finished or refused, never left open.
        let result: Result<Void, any Error> = await withCheckedContinuation { continuation in
            self.pool.asyncWrite(
                { db in
                    try self.insert(updates, from: first, published: published, into: db)
                    try self.note(bookmarks, at: published, in: db)
                },
                completion: { _, result in continuation.resume(returning: result) }
            )
        }
        switch result {
        case .success:
            self.state.withLock { $0.last = first + Int64(updates.count) - 1 }
            return first
        case .failure(let error):
            // The keys made by the transaction went with it.
            self.topicKeys.withLock { $0.removeAll() }
            throw LogError(path: self.path, error)
        }
    }

    /// A clock that shows less, the beginning of 2026, is not set.
    static let plausible: Int64 = 1_767_225_600_000
    static let day: Int64 = 86_400_000

    /// The time that updates are said to have come at: no earlier than those before them, though the clock was set back or
    /// is not set yet, or they would be trimmed as old once it is. A day and more ahead of a clock that is set nothing is
    /// believed.
    private func stamp() -> Int64 {
        let now = self.now()
        return self.newestStamp.withLock { newest in
            newest = now < Self.plausible || newest - now < Self.day ? max(newest, now) : now
            return newest
        }
    }

    private func insert(_ updates: [Update], from first: Int64, published: Int64, into db: Database) throws {
        let insert = try db.cachedStatement(
            sql: """
                INSERT INTO entry (sequence, topic, alternates, id, type, retry, private, published, data)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        )
        for (offset, update) in updates.enumerated() {
            let sequence = first + Int64(offset)
            let keys = try self.keys(of: update.topics, in: db)
            insert.setUncheckedArguments([
                sequence, keys[0],
                keys.count > 1 ? keys.dropFirst().map(String.init).joined(separator: " ") : nil,
                update.id, update.type, update.retry, update.isPrivate, published, Data(update.data.utf8),
            ])
            try insert.execute()
            guard keys.count > 1 else { continue }
            let alternate = try db.cachedStatement(sql: "INSERT INTO alternate (topic, sequence) VALUES (?, ?)")
            for key in keys.dropFirst() {
                alternate.setUncheckedArguments([key, sequence])
                try alternate.execute()
            }
        }
    }

    /// The topics' keys, each once, made as needed.
    private func keys(of topics: [Topic], in db: Database) throws -> [Int64] {
        var keys: [Int64] = []
        for topic in topics {
            let key = try self.key(of: topic, in: db)
            if !keys.contains(key) { keys.append(key) }
        }
        return keys
    }

    private func key(of topic: Topic, in db: Database) throws -> Int64 {
        if let key = self.topicKeys.withLock({ $0[topic] }) { return key }
        let find = try db.cachedStatement(sql: "SELECT key FROM topic WHERE name = ?")
        let key: Int64
        if let known = try Int64.fetchOne(find, arguments: [topic.name]) {
            key = known
        } else {
            let insert = try db.cachedStatement(sql: "INSERT INTO topic (name) VALUES (?)")
            try insert.execute(arguments: [topic.name])
            key = db.lastInsertedRowID
        }
        self.topicKeys.withLock { keys in
            if keys.count >= SQLiteLog.maxKnownTopics { keys.removeAll() }
            keys[topic] = key
        }
        return key
    }
}
