import Foundation
import GRDB
import Martlet

/// The file's tables and how a file is recognised.
enum Schema {
    /// "MRTL", so that `file` and we tell a log from other SQLite files (SQLite, `PRAGMA application_id`).
    static let applicationID: Int64 = 0x4D52_544C
    /// The newest layout this version reads and writes.
    static let version: Int64 = 2

    /// For how many seconds somebody else's lock is waited for.
    static let busyTimeout = 5.0

    static var configuration: Configuration {
        var configuration = Configuration()
        configuration.label = "martlet.log"
        configuration.maximumReaderCount = 4
        // Somebody who looks into the file, or a former owner that is just closing it, holds it for a moment only.
        configuration.busyMode = .timeout(self.busyTimeout)
        return configuration
    }

    /// Has every commit reach the disk before it returns. To be called once WAL mode is on: GRDB sets `NORMAL` with it,
    /// under which a commit survives a crash, but not the loss of power.
    static func makeDurable(_ db: Database) throws {
        try db.execute(sql: "PRAGMA synchronous = FULL")
    }

    /// Checks whose file this is without changing it: opening it for writing would already turn on WAL mode, and
    /// another program's file is none of ours to turn.
    static func checkOwner(path: String) throws {
        guard FileManager.default.fileExists(atPath: path) else { return }
        var configuration = self.configuration
        configuration.readonly = true
        try DatabaseQueue(path: path, configuration: configuration).read { _ = try self.isNew($0, path: path) }
    }

    /// Makes the tables in a new file, and tells the epoch of a file.
    static func open(_ db: Database, path: String) throws -> Epoch {
        if try self.isNew(db, path: path) { return try self.create(db) }
        try self.upgrade(db)
        guard let name = try String.fetchOne(db, sql: "SELECT epoch FROM log"), let epoch = Epoch(name) else {
            throw LogError(code: .cannotOpen, message: "The log \(path) is damaged: it has no epoch.")
        }
        return epoch
    }

    /// Whether the file is empty; throws if it is neither that nor a log this version can read.
    private static func isNew(_ db: Database, path: String) throws -> Bool {
        let application = try Int64.fetchOne(db, sql: "PRAGMA application_id")!
        let version = try Int64.fetchOne(db, sql: "PRAGMA user_version")!
        if application == 0, version == 0, try Int64.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") == 0 {
            return true
        }
        guard application == self.applicationID else {
            throw LogError(code: .cannotOpen, message: "\(path) is an SQLite database, but not a log of Martlet's.")
        }
        guard version <= self.version else {
            throw LogError(
                code: .cannotOpen,
                message: """
                    The log \(path) was made by a newer version of Martlet (format \(version), known is \(self.version)); \
                    use that version, or another file.
                    """
            )
        }
        return false
    }

    /// How far sources have come; `item` is empty for a source as a whole. Since version 2.
    private static let bookmarks = """
        CREATE TABLE bookmark (
            source TEXT NOT NULL,
            item TEXT NOT NULL,
            value TEXT NOT NULL,
            noted INTEGER NOT NULL,
            PRIMARY KEY (source, item)
        ) WITHOUT ROWID;
        CREATE INDEX bookmark_by_time ON bookmark (source, noted);
        """

    /// Brings a file of an older version up to date.
    private static func upgrade(_ db: Database) throws {
        let version = try Int64.fetchOne(db, sql: "PRAGMA user_version")!
        if version < 2 { try db.execute(sql: self.bookmarks) }
        if version < self.version { try db.execute(sql: "PRAGMA user_version = \(self.version)") }
    }

    private static func create(_ db: Database) throws -> Epoch {
        let epoch = Epoch.random()
        try db.execute(
            sql: """
                PRAGMA application_id = \(self.applicationID);
                PRAGMA user_version = \(self.version);

                -- One row: the history's name, and the newest sequence number that was trimmed.
                CREATE TABLE log (epoch TEXT NOT NULL, trimmed INTEGER NOT NULL);

                CREATE TABLE topic (key INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);

                -- `topic` is the canonical one; `alternates` has the keys of the others, separated by spaces.
                CREATE TABLE entry (
                    sequence INTEGER PRIMARY KEY,
                    topic INTEGER NOT NULL,
                    alternates TEXT,
                    id TEXT,
                    type TEXT,
                    retry INTEGER,
                    private INTEGER NOT NULL,
                    published INTEGER NOT NULL,
                    data BLOB NOT NULL
                );
                -- SQLite appends the rowid, so this finds the entries of a topic in order.
                CREATE INDEX entry_by_topic ON entry (topic);
                CREATE INDEX entry_by_id ON entry (id) WHERE id IS NOT NULL;

                CREATE TABLE alternate (
                    topic INTEGER NOT NULL,
                    sequence INTEGER NOT NULL,
                    PRIMARY KEY (topic, sequence)
                ) WITHOUT ROWID;

                \(self.bookmarks)
                """
        )
        try db.execute(sql: "INSERT INTO log (epoch, trimmed) VALUES (?, 0)", arguments: [epoch.name])
        return epoch
    }
}
