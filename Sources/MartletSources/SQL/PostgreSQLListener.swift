#if PostgreSQL
import CPostgreSQL
import Synchronization

/// A connection that listens to channels, on a thread of its own that makes it again for as long as somebody reads.
final class PostgreSQLListener: Sendable {
    /// How long to wait before each new try.
    struct Backoff: Sendable {
        var first: Duration = .milliseconds(100)
        var most: Duration = .seconds(30)
    }

    let buffer: PostgreSQLNoticeBuffer
    private let url: SQLURL
    private let limits: SQLLimits
    private let backoff: Backoff
    private let command: String
    private let wake: SQLWake
    private let stopped = Mutex(false)

    /// - Throws: for a name that is no channel's.
    init(
        _ url: SQLURL,
        channels: [String],
        limits: SQLLimits,
        backoff: Backoff = Backoff(),
        capacity: Int = 1024
    ) throws(SQLError) {
        var commands: [String] = []
        for channel in channels { commands.append("LISTEN \(try Self.quoted(channel, url))") }
        self.command = commands.joined(separator: "; ")
        self.url = url
        self.limits = limits
        self.backoff = backoff
        self.wake = try SQLWake()
        self.buffer = PostgreSQLNoticeBuffer(
            capacity: capacity,
            overflow: SQLError(.unavailable, "\(url): more notifications at once than are kept")
        )
        SQLThread.start("martlet-listen") { self.run() }
    }

    var isStopped: Bool { self.stopped.withLock { $0 } }

    func stop() {
        self.stopped.withLock { $0 = true }
        self.buffer.end()
        self.wake.signal()
    }

    /// A longer name would be cut by the server, and never match.
    private static func quoted(_ channel: String, _ url: SQLURL) throws(SQLError) -> String {
        guard (1...63).contains(channel.utf8.count), !channel.utf8.contains(0) else {
            throw SQLError(.query, "\(url): a channel's name has 1 to 63 bytes, and no NUL")
        }
        let quote = UInt8(ascii: "\"")
        let bytes = channel.utf8.flatMap { $0 == quote ? [quote, quote] : [$0] }
        return String(decoding: [quote] + bytes + [quote], as: UTF8.self)
    }

    private func run() {
        var delay = self.backoff.first
        while !self.isStopped {
            do {
                let connection = try PostgreSQLConnection(
                    self.url,
                    within: self.limits.connect,
                    wake: self.wake,
                    isAbandoned: { self.isStopped }
                )
                try self.listen(on: connection)
                delay = self.backoff.first
                self.buffer.add(.listening)
                try self.follow(connection)
            } catch {
                self.buffer.add(.interrupted(error))
                self.pause(delay)
                delay = min(delay * 2, self.backoff.most)
            }
        }
    }

    /// Between half of `delay` and all of it, so that the clients of a database that is back don't come all at once.
    private func pause(_ delay: Duration) {
        let deadline = ContinuousClock.now + delay * Double.random(in: 0.5...1)
        while !self.isStopped, self.wake.wait(until: deadline) == .signalled {}
    }

    private func listen(on connection: PostgreSQLConnection) throws(SQLError) {
        let deadline = ContinuousClock.now + self.limits.patience
        guard PQsendQuery(connection.handle, self.command) == 1 else { throw connection.failure() }
        while true {
            let isFlushed = try connection.flush()
            while PQisBusy(connection.handle) == 0 {
                guard let result = PQgetResult(connection.handle) else { return }
                defer { PQclear(result) }
                guard PQresultStatus(result) == PGRES_COMMAND_OK else {
                    throw connection.isBroken ? connection.failure() : SQLError(result: result, url: self.url)
                }
            }
            try connection.wait(forWriting: !isFlushed, until: deadline, "no answer to LISTEN")
            try connection.consume()
        }
    }

    private func follow(_ connection: PostgreSQLConnection) throws(SQLError) {
        while true {
            while let notify = PQnotifies(connection.handle) {
                defer { PQfreemem(notify) }
                self.buffer.add(
                    .notification(
                        channel: String(cString: notify.pointee.relname),
                        payload: String(cString: notify.pointee.extra)
                    )
                )
            }
            try connection.wait(forWriting: false, until: nil, "")
            try connection.consume()
        }
    }
}
#endif
