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

    /// Forgets the bookmarks of items that were noted least recently, if there are too many.
    package func trimBookmarks(keeping count: Int = Bookmark.maxItems) async throws(LogError) {
        let result: Result<Void, any Error> = await withCheckedContinuation { continuation in
            self.pool.asyncWrite(
                { db in
                    let items = try Int.fetchOne(db, sql: "SELECT count(*) FROM bookmark WHERE item <> ''") ?? 0
                    guard items > count else { return }
                    try db.execute(
                        sql: """
                            DELETE FROM bookmark WHERE (source, item) IN (
                                SELECT source, item FROM bookmark WHERE item <> '' ORDER BY noted LIMIT ?
                            )
                            """,
                        arguments: [items - count]
                    )
                },
                completion: { _, result in continuation.resume(returning: result) }
            )
        }
        if case .failure(let error) = result { throw LogError(path: self.path, error) }
    }
}
