import Foundation
import GRDB
public import Logging
public import Martlet
import Synchronization

/// A log in an SQLite file that survives `kill -9` and power loss.
///
/// It is written in WAL mode with `synchronous=FULL`: when `append` returns, the updates are on disk. One process owns
/// a file; a second one is refused.
///
/// ```swift
/// let log = try SQLiteLog(path: "martlet.db", keep: Retention(updates: 1_000_000))
/// let hub = Hub(log: log, eventLoopGroup: group)
/// ```
public final class SQLiteLog: EventLog {
    /// Which history this is: given to the file when it was made.
    public let epoch: Epoch
    /// The file.
    public let path: String

    let pool: DatabasePool
    let keep: Retention
    /// Milliseconds since 1970; given by tests that move time.
    let now: @Sendable () -> Int64
    /// The first and last update on disk.
    let state: Mutex<LogBounds>
    /// Keys of topics that are known to be in the file. Only the writer uses them.
    let topicKeys = Mutex<[Topic: Int64]>([:])
    /// When the newest update came, see ``stamp()``.
    let newestStamp: Mutex<Int64>
    let logger: Logger
    /// The file itself, if `path` is a link.
    private let realPath: String
    private let lock: FileLock

    /// Opens a log, and makes it if there is no such file.
    ///
    /// - Parameters:
    ///   - path: the file; SQLite keeps two more beside it, and the log a lock.
    ///   - keep: how much history ``run()`` leaves.
    ///   - logger: told when trimming fails.
    /// - Throws: `LogError` with the code `cannotOpen`, `readOnly` or `full`, naming the file.
    public convenience init(
        path: String,
        keep: Retention = Retention(),
        logger: Logger = Logger(label: "martlet.log")
    ) throws(LogError) {
        try self.init(path: path, keep: keep, logger: logger, now: SQLiteLog.systemTime)
    }

    package init(
        path: String,
        keep: Retention,
        logger: Logger = Logger(label: "martlet.log"),
        now: @escaping @Sendable () -> Int64
    ) throws(LogError) {
        do {
            try Schema.checkOwner(path: path)
        } catch {
            throw LogError(opening: path, error)
        }
        // By its real name: SQLite follows links too, and would let a second hub in by another name.
        let realPath = Self.realPath(of: path)
        self.lock = try FileLock(path: realPath + "-lock", of: path)
        do {
            let pool = try DatabasePool(path: path, configuration: Schema.configuration)
            try pool.writeWithoutTransaction(Schema.makeDurable)
            self.epoch = try pool.write { try Schema.open($0, path: path) }
            self.state = Mutex(try pool.read(SQLiteLog.bounds))
            self.newestStamp = Mutex(try pool.read(SQLiteLog.newestStamp))
            self.pool = pool
        } catch {
            throw LogError(opening: path, error)
        }
        self.path = path
        self.realPath = realPath
        self.keep = keep
        self.logger = logger
        self.now = now
    }

    /// Where a link leads, also if there is nothing yet: SQLite makes the file there.
    private static func realPath(of path: String, links: Int = 8) -> String {
        let resolved = URL(fileURLWithPath: path).resolvingSymlinksInPath()
        guard links > 0,
            let destination = try? FileManager.default.destinationOfSymbolicLink(atPath: resolved.path)
        else { return resolved.path }
        let next = URL(fileURLWithPath: destination, relativeTo: resolved.deletingLastPathComponent())
        return self.realPath(of: next.path, links: links - 1)
    }

    /// The file, and what is written but not in its place yet.
    public var bytes: Int? {
        ["", "-wal"].compactMap { self.size(of: $0) }.reduce(0, +)
    }

    /// What is written and not in its place yet, in bytes.
    var unplacedBytes: Int { self.size(of: "-wal") ?? 0 }

    private func size(of suffix: String) -> Int? {
        try? FileManager.default.attributesOfItem(atPath: self.realPath + suffix)[.size] as? Int
    }

    /// What is kept right now.
    public var bounds: LogBounds { self.state.withLock { $0 } }

    private static func newestStamp(_ db: Database) throws -> Int64 {
        try Int64.fetchOne(db, sql: "SELECT published FROM entry ORDER BY sequence DESC LIMIT 1") ?? 0
    }

    static func bounds(_ db: Database) throws -> LogBounds {
        let trimmed = try Int64.fetchOne(db.cachedStatement(sql: "SELECT trimmed FROM log"))!
        let last = try Int64.fetchOne(db.cachedStatement(sql: "SELECT max(sequence) FROM entry"))
        return LogBounds(first: trimmed + 1, last: max(trimmed, last ?? 0))
    }
}
