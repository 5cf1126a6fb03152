import GRDB
import Logging
package import Martlet
import Synchronization

extension SQLiteLog {
    /// What one transaction removes: small, so that publishers wait for it no longer than for each other.
    private static let updatesPerStep: Int64 = 500

    /// Bookmarks are few beside updates: they are counted every so many rounds, which are a second.
    private static let roundsPerBookmarks = 600

    /// The most that is kept beside the file.
    private static let maxUnplacedBytes = 64 << 20

    /// Trims by count and age, in the background, until the task is cancelled.
    ///
    /// What fails is told to the logger, and tried again.
    public func run() async {
        var round = 0
        while !Task.isCancelled {
            do throws(LogError) {
                while try await self.trimStep(), !Task.isCancelled {}
                if round % SQLiteLog.roundsPerBookmarks == 0 { try await self.trimBookmarks() }
                try await self.putInPlace(above: SQLiteLog.maxUnplacedBytes)
            } catch {
                self.logger.error("The log could not be trimmed: \(error)")
            }
            round += 1
            try? await Task.sleep(for: .seconds(1))
        }
    }

    /// Writes to its place what was committed, if it is more than so many bytes, and lets readers wait meanwhile.
    ///
    /// SQLite does that by itself, but only as far as the oldest reader has begun: where one follows another without end, it
    /// never begins anew, and what lies beside the file grows until the disk is full.
    func putInPlace(above bytes: Int) async throws(LogError) {
        guard self.unplacedBytes > bytes else { return }
        let result: Result<Void, any Error> = await withCheckedContinuation { continuation in
            self.pool.asyncBarrierWriteWithoutTransaction { db in
                continuation.resume(returning: Result { try SQLiteLog.putInPlace(try db.get()) })
            }
        }
        do {
            try result.get()
        } catch {
            throw LogError(path: self.path, error)
        }
    }

    /// Our own readers are done. Another program's, such as one that makes a copy, may take long, and neither publishers nor
    /// readers are to wait for it: the next round tries again.
    private static func putInPlace(_ db: Database) throws {
        try db.execute(sql: "PRAGMA busy_timeout = 0")
        defer { try? db.execute(sql: "PRAGMA busy_timeout = \(Int(Schema.busyTimeout * 1000))") }
        do {
            try db.checkpoint(.truncate)
        } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {}
    }

    /// Removes one step's worth of what is too old or too many; true if there may be more.
    package func trimStep() async throws(LogError) -> Bool {
        let bounds = self.bounds
        guard bounds.first <= bounds.last else { return false }
        var end = bounds.first - 1
        let stop = min(bounds.last, end + SQLiteLog.updatesPerStep)
        if let updates = self.keep.updates { end = max(end, min(stop, bounds.last - Int64(updates))) }
        let now = self.now()
        let oldest: Int64? = self.keep.age.map { now - $0.milliseconds }
        let isClockRight = now >= SQLiteLog.plausible && self.newestStamp.withLock { $0 - now < SQLiteLog.day }
        let start = bounds.first
        let countEnd = end
        let result: Result<Int64, any Error> = await withCheckedContinuation { continuation in
            self.pool.asyncWrite(
                { db in
                    try self.trim(
                        db,
                        from: start,
                        through: countEnd,
                        until: stop,
                        olderThan: oldest,
                        at: isClockRight ? now : nil
                    )
                },
                completion: { _, result in continuation.resume(returning: result) }
            )
        }
        switch result {
        case .success(let trimmed):
            self.state.withLock { $0.first = trimmed + 1 }
            return trimmed == stop && trimmed >= start
        case .failure(let error):
            throw LogError(path: self.path, error)
        }
    }

    /// Removes from `start` through `end`, and on until `stop` while what comes is older than `oldest`.
    ///
    /// - Parameter now: the time, unless the clock may be wrong.
    private func trim(
        _ db: Database,
        from start: Int64,
        through end: Int64,
        until stop: Int64,
        olderThan oldest: Int64?,
        at now: Int64?
    ) throws -> Int64 {
        var end = end
        if let oldest, end < stop {
            if let now {
                // From when the clock was ahead: they would be kept until it is there again, and all that comes after them.
                try db.cachedStatement(
                    sql: "UPDATE entry SET published = ?1 WHERE sequence > ?2 AND sequence <= ?3 AND published > ?4"
                )
                .execute(arguments: [now, end, stop, now + SQLiteLog.day])
            }
            let young = try Int64.fetchOne(
                db.cachedStatement(
                    sql: """
                        SELECT sequence FROM entry WHERE sequence > ? AND sequence <= ? AND published >= ?
                        ORDER BY sequence LIMIT 1
                        """
                ),
                arguments: [end, stop, oldest]
            )
            end = young.map { $0 - 1 } ?? stop
        }
        guard end >= start else { return end }
        var topics = Set(
            try Int64.fetchAll(
                db.cachedStatement(sql: "SELECT DISTINCT topic FROM entry WHERE sequence BETWEEN ? AND ?"),
                arguments: [start, end]
            )
        )
        let lists = try Row.fetchAll(
            db.cachedStatement(
                sql: "SELECT sequence, alternates FROM entry WHERE sequence BETWEEN ? AND ? AND alternates IS NOT NULL"
            ),
            arguments: [start, end]
        )
        for row in lists {
            for key in (row[1] as String).split(separator: " ").map({ Int64($0)! }) {
                topics.insert(key)
                try db.cachedStatement(sql: "DELETE FROM alternate WHERE topic = ? AND sequence = ?")
                    .execute(arguments: [key, row[0] as Int64])
            }
        }
        try db.cachedStatement(sql: "DELETE FROM entry WHERE sequence BETWEEN ? AND ?").execute(arguments: [start, end])
        try db.cachedStatement(sql: "UPDATE log SET trimmed = ?").execute(arguments: [end])
        // A topic without entries goes too, or a hub whose topics come and go would grow for ever.
        for key in topics {
            let name = try String.fetchOne(
                db.cachedStatement(
                    sql: """
                        DELETE FROM topic WHERE key = ?1
                        AND NOT EXISTS (SELECT 1 FROM entry WHERE topic = ?1)
                        AND NOT EXISTS (SELECT 1 FROM alternate WHERE topic = ?1)
                        RETURNING name
                        """
                ),
                arguments: [key]
            )
            if let name { self.topicKeys.withLock { $0[Topic(unchecked: name)] = nil } }
        }
        return end
    }
}

extension Duration {
    fileprivate var milliseconds: Int64 {
        self.components.seconds * 1000 + self.components.attoseconds / 1_000_000_000_000_000
    }
}
