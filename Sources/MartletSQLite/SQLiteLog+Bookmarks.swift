import GRDB
public import Martlet

extension SQLiteLog {
    /// The value of the newest bookmark with a name.
    public func bookmark(_ name: Bookmark.Name) async throws(LogError) -> String? {
        try await self.read { db in
            try String.fetchOne(
                db.cachedStatement(sql: "SELECT value FROM bookmark WHERE source = ? AND item = ?"),
                arguments: [name.source, name.item]
            )
        }
    }

    /// Notes bookmarks, in the transaction of the updates they belong to.
    func note(_ bookmarks: [Bookmark], at time: Int64, in db: Database) throws {
        guard !bookmarks.isEmpty else { return }
        let insert = try db.cachedStatement(
            sql: "INSERT OR REPLACE INTO bookmark (source, item, value, noted) VALUES (?, ?, ?, ?)"
        )
        for bookmark in bookmarks {
            insert.setUncheckedArguments([bookmark.name.source, bookmark.name.item, bookmark.value, time])
            try insert.execute()
        }
    }

    /// What one transaction forgets: few, so that publishers wait for it no longer than for each other.
    private static let bookmarksPerStep = 500

    /// Forgets of each source the bookmarks of items that were noted least recently, if there are too many.
    package func trimBookmarks(keeping count: Int = Bookmark.maxItems) async throws(LogError) {
        let counts = try await self.read { db in
            try Row.fetchAll(
                db,
                sql: "SELECT source, count(*) FROM bookmark WHERE item <> '' GROUP BY source HAVING count(*) > ?",
                arguments: [count]
            ).map { (source: $0[0] as String, count: $0[1] as Int) }
        }
        for (source, items) in counts {
            for start in stride(from: 0, to: items - count, by: Self.bookmarksPerStep) where !Task.isCancelled {
                try await self.forget(min(Self.bookmarksPerStep, items - count - start), of: source)
            }
        }
    }

    private func forget(_ count: Int, of source: String) async throws(LogError) {
        let result: Result<Void, any Error> = await withCheckedContinuation { continuation in
            self.pool.asyncWrite(
                { db in
                    let statement = try db.cachedStatement(
                        sql: """
                            DELETE FROM bookmark WHERE source = ?1 AND item IN (
                                SELECT item FROM bookmark WHERE source = ?1 AND item <> '' ORDER BY noted LIMIT ?2
                            )
                            """
                    )
                    try statement.execute(arguments: [source, count])
                },
                completion: { _, result in continuation.resume(returning: result) }
            )
        }
        if case .failure(let error) = result { throw LogError(path: self.path, error) }
    }
}
