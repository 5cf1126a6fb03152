import Foundation
import GRDB

/// The application's own data: who there is, who is logged in, and what they have been told. In SQLite; it may be used from
/// any task.
struct Store: Sendable {
    /// Somebody who can log in.
    struct User: Sendable, Hashable {
        var id: Int64
        var name: String
    }

    /// Something that a user has been told.
    struct Notice: Sendable, Codable, Hashable, FetchableRecord {
        var id: Int64
        var sender: String
        var text: String
        var isRead: Bool
    }

    private let database: DatabaseQueue

    /// Opens the database, and makes it if there is none.
    ///
    /// - Parameter path: the file, or nil for one that is gone with the process.
    init(path: String?) throws {
        self.database = try path.map { try DatabaseQueue(path: $0) } ?? DatabaseQueue()
        var migrator = DatabaseMigrator()
        migrator.registerMigration("first") { db in
            try db.execute(
                sql: """
                    CREATE TABLE user (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, password TEXT NOT NULL);
                    CREATE TABLE session (
                        digest TEXT PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES user ON DELETE CASCADE, expires REAL NOT NULL
                    );
                    CREATE TABLE notice (
                        id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES user ON DELETE CASCADE,
                        sender TEXT NOT NULL, text TEXT NOT NULL, is_read INTEGER NOT NULL DEFAULT 0
                    );
                    CREATE INDEX notice_user ON notice (user_id, id);
                    """
            )
        }
        try migrator.migrate(self.database)
    }
}

extension Store {
    /// Adds a user; false if the name is taken.
    func addUser(named name: String, password: String) async throws -> Bool {
        try await self.database.write { db in
            try db.execute(
                sql: "INSERT INTO user (name, password) VALUES (?, ?) ON CONFLICT DO NOTHING",
                arguments: [name, password]
            )
            return db.changesCount == 1
        }
    }

    /// Keeps another hash of a user's password.
    func setPassword(_ password: String, of user: User) async throws {
        try await self.database.write { db in
            try db.execute(sql: "UPDATE user SET password = ? WHERE id = ?", arguments: [password, user.id])
        }
    }

    func user(named name: String) async throws -> (user: User, password: String)? {
        try await self.database.read { db in
            try Row.fetchOne(db, sql: "SELECT id, name, password FROM user WHERE name = ?", arguments: [name]).map {
                (User(id: $0["id"], name: $0["name"]), $0["password"])
            }
        }
    }

    func addSession(_ digest: String, of user: User, until end: Date) async throws {
        try await self.database.write { db in
            try db.execute(
                sql: "DELETE FROM session WHERE expires < ?",
                arguments: [Date.now.timeIntervalSince1970]
            )
            try db.execute(
                sql: "INSERT INTO session (digest, user_id, expires) VALUES (?, ?, ?)",
                arguments: [digest, user.id, end.timeIntervalSince1970]
            )
        }
    }

    func endSession(_ digest: String) async throws {
        try await self.database.write { db in
            try db.execute(sql: "DELETE FROM session WHERE digest = ?", arguments: [digest])
        }
    }

    func session(_ digest: String) async throws -> (user: User, end: Date)? {
        try await self.database.read { db in
            try Row.fetchOne(
                db,
                sql: """
                    SELECT user.id, name, expires FROM session JOIN user ON user.id = user_id
                    WHERE digest = ? AND expires > ?
                    """,
                arguments: [digest, Date.now.timeIntervalSince1970]
            ).map { (User(id: $0["id"], name: $0["name"]), Date(timeIntervalSince1970: $0["expires"])) }
        }
    }
}

extension Store {
    /// The newest notices of a user, newest first, and how many of all the user has not read.
    func notices(of user: User) async throws -> (list: [Notice], unread: Int) {
        try await self.database.read { db in
            let list = try Notice.fetchAll(
                db,
                sql: """
                    SELECT id, sender, text, is_read AS isRead FROM notice WHERE user_id = ? ORDER BY id DESC LIMIT 50
                    """,
                arguments: [user.id]
            )
            return (list, try Self.unread(of: user, in: db))
        }
    }

    /// Adds a notice, and tells how many the user has not read.
    func addNotice(_ text: String, from sender: User, to user: User) async throws -> Int {
        try await self.database.write { db in
            try db.execute(
                sql: "INSERT INTO notice (user_id, sender, text) VALUES (?, ?, ?)",
                arguments: [user.id, sender.name, text]
            )
            return try Self.unread(of: user, in: db)
        }
    }

    func markAllRead(of user: User) async throws {
        try await self.database.write { db in
            try db.execute(sql: "UPDATE notice SET is_read = 1 WHERE user_id = ?", arguments: [user.id])
        }
    }

    private static func unread(of user: User, in db: Database) throws -> Int {
        try Int.fetchOne(
            db,
            sql: "SELECT count(*) FROM notice WHERE user_id = ? AND is_read = 0",
            arguments: [user.id]
        ) ?? 0
    }
}
