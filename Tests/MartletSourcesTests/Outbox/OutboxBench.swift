#if PostgreSQL && MySQL
import Foundation
import Logging
import MartletSQLite
import NIOPosix
import Synchronization
import Testing

@testable import Martlet
@testable import MartletSources

/// One test after the other: they share the servers, and a table.
@Suite(
    "Outboxes",
    .serialized,
    .enabled(
        if: PostgreSQLServer.programs != nil && MariaDBServer.isInstalled,
        "PostgreSQL or MariaDB is not installed"
    ),
    .timeLimit(.minutes(3))
)
enum OutboxTests {}

/// A database with a table `outbox`, and a client that writes to it.
struct OutboxDatabase: Sendable {
    let url: SQLURL
    /// Writes in a session of its own.
    let shell: SQLShell
    /// Opens another session.
    let open: @Sendable () async throws -> SQLShell
    /// The column's type of a key that the database gives out.
    let keyType: String

    @discardableResult
    func sql(_ text: String) async throws -> String { try await self.shell.run(text) }

    func insert(_ topic: String, _ data: String, key: Int64? = nil) async throws {
        let (name, value) = key.map { ("id, ", "\($0), ") } ?? ("", "")
        try await self.sql("INSERT INTO outbox (\(name)topic, data) VALUES (\(value)'\(topic)', '\(data)')")
    }

    /// Makes the table anew.
    func reset(columns: String = "topic text, data text") async throws {
        try await self.sql("DROP TABLE IF EXISTS outbox")
        try await self.sql("CREATE TABLE outbox (id \(self.keyType), \(columns))")
        if self.url.engine == .postgreSQL { try await self.sql("GRANT SELECT ON outbox TO martlet") }
    }

    /// A file of its own, removed when the folder goes.
    static func sqlite(in folder: FileTestFolder) async throws -> OutboxDatabase {
        let path = folder["app.db"]
        let open: @Sendable () async throws -> SQLShell = { try SQLShell(["sqlite3", "-cmd", ".timeout 5000", path]) }
        let database = OutboxDatabase(
            url: SQLURL(engine: .sqlite, database: path),
            shell: try await open(),
            open: open,
            keyType: "INTEGER PRIMARY KEY AUTOINCREMENT"
        )
        try await database.sql("PRAGMA journal_mode = WAL")
        try await database.reset()
        return database
    }

    static func postgreSQL(_ server: PostgreSQLServer) async throws -> OutboxDatabase {
        let database = OutboxDatabase(
            url: server.url(),
            shell: try server.shell(),
            open: { try server.shell() },
            keyType: "bigserial PRIMARY KEY"
        )
        try await database.reset()
        return database
    }

    static func mariaDB(_ server: MariaDBServer) async throws -> OutboxDatabase {
        let database = OutboxDatabase(
            url: server.url(),
            shell: try server.shell(),
            open: { try server.shell() },
            keyType: "bigint AUTO_INCREMENT PRIMARY KEY"
        )
        try await database.reset()
        return database
    }
}

/// An outbox source with a hub, and what it published.
struct OutboxBench: Sendable {
    let log: any EventLog
    let hub: Hub
    let monitor: SourceMonitor
    let told: OutboxLines

    typealias EngineMaker = @Sendable () throws(SQLError) -> any SQLEngine

    /// Runs a source as long as `test` runs; then it is cancelled, as when the hub ends. With the same log it goes on.
    static func run(
        _ url: SQLURL,
        log: any EventLog,
        topics: OwnedTopics? = nil,
        others: [OwnedTopics] = [],
        notifier: SQLNotifier? = nil,
        options: SQLOutboxOptions,
        makeEngine: EngineMaker? = nil,
        test: @Sendable @escaping (OutboxBench) async throws -> Void
    ) async throws {
        let told = OutboxLines()
        let monitor = SourceMonitor(
            name: "outbox",
            kind: "sql-outbox",
            logger: Logger(label: "outbox") { _ in told.handler }
        )
        let hub = Hub(
            log: log,
            eventLoopGroup: .singletonMultiThreadedEventLoopGroup,
            owned: others + (topics.map { [$0] } ?? [])
        )
        let source = try SQLOutboxSource(
            name: "outbox",
            database: url,
            topics: topics,
            options: options,
            notifier: notifier,
            monitor: monitor,
            clock: .continuous
        ) { () throws(SQLError) in
            if let makeEngine { return try makeEngine() }
            return try url.makeEngine()
        }
        let bench = OutboxBench(log: log, hub: hub, monitor: monitor, told: told)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await hub.run()
                return false
            }
            group.addTask {
                try await source.run(publishingTo: hub)
                return false
            }
            group.addTask {
                try await test(bench)
                return true
            }
            defer { group.cancelAll() }
            while let isOver = try await group.next(), !isOver {}
        }
    }

    /// All that was published, oldest first.
    var updates: [Update] {
        get async throws { try await Self.updates(in: self.log) }
    }

    /// Waits until the operator is shown something that has a text, and gives all of it.
    @discardableResult
    func problem(_ text: String) async throws -> String {
        try await eventually("\"\(text)\" is shown") { self.monitor.status.problem?.contains(text) == true }
        return self.monitor.status.problem ?? ""
    }

    static func updates(in log: any EventLog) async throws -> [Update] {
        var updates: [Update] = []
        var through: SequenceNumber = 0
        let everything = Interest(selectors: [.everything], grants: [.everything])
        while through < log.bounds.last {
            let page = try await log.page(
                after: through,
                for: everything,
                limit: PageLimit(updates: 1000, bytes: 8 << 20)
            )
            updates += page.entries.map(\.update)
            through = page.through
        }
        return updates
    }

    /// Waits until so many updates were published, and gives them as `id topic data`.
    @discardableResult
    func published(_ count: Int) async throws -> [String] {
        try await eventually("\(count) updates") { try await self.updates.count >= count }
        return try await self.updates.map { "\($0.id ?? "-") \($0.topics[0]) \($0.data)" }
    }
}

extension FileTestFolder {
    /// A log in a file, once the hub before has let go of it.
    func log() async throws -> SQLiteLog {
        var log: SQLiteLog?
        try await eventually("the log is free") {
            log = try? SQLiteLog(path: self["martlet.db"])
            return log != nil
        }
        return try #require(log)
    }
}

/// What a source told the operator.
final class OutboxLines: Sendable {
    private let state = Mutex<[String]>([])

    var lines: [String] { self.state.withLock { $0 } }
    var handler: any LogHandler { Handler(told: self) }

    private struct Handler: LogHandler {
        let told: OutboxLines
        var logLevel = Logger.Level.info
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { self.metadata[key] }
            set { self.metadata[key] = newValue }
        }

        func log(event: LogEvent) { self.told.state.withLock { $0.append("\(event.message)") } }
    }
}

extension SQLOutboxOptions {
    /// Of a table `outbox`, looked at often.
    static func testing(
        table: String = "outbox",
        columns: Columns? = nil,
        start: Start = .all,
        isPublic: Bool = false,
        interval: Duration = .milliseconds(10),
        gapWait: Duration = .milliseconds(300),
        isOnDemand: Bool = false,
        linger: Duration = .milliseconds(50)
    ) throws -> SQLOutboxOptions {
        try SQLOutboxOptions(
            table: table,
            columns: columns ?? Columns(),
            start: start,
            isPublic: isPublic,
            interval: interval,
            gapWait: gapWait,
            isOnDemand: isOnDemand,
            linger: linger
        )
    }
}
#endif
