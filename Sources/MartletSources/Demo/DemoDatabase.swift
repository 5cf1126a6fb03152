import GRDB

/// The notices of the page that is shown to those who try the hub: an SQLite file that the page's buttons write to, as an
/// application does, and an `sql` source reads.
///
/// Usable from any task.
package struct DemoDatabase: Sendable {
    /// More than these aren't kept.
    private static let maxRows = 10_000
    private let queue: DatabaseQueue

    /// Makes the file.
    package init(path: String) throws {
        self.queue = try DatabaseQueue(path: path)
        try self.queue.write { db in
            try db.execute(
                sql: """
                    CREATE TABLE notice (
                        id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL, is_read INTEGER NOT NULL DEFAULT 0
                    )
                    """
            )
        }
    }

    /// Adds a notice for user 1.
    package func addNotice() async throws {
        try await self.queue.write { db in
            try db.execute(sql: "INSERT INTO notice (user_id) VALUES (1)")
            let oldest = db.lastInsertedRowID - Int64(Self.maxRows)
            try db.execute(sql: "DELETE FROM notice WHERE id <= ?", arguments: [oldest])
        }
    }

    /// Marks all as read.
    package func markAllAsRead() async throws {
        try await self.queue.write { db in try db.execute(sql: "UPDATE notice SET is_read = 1") }
    }
}
