#if PostgreSQL
import CPostgreSQL

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A connection of libpq that never blocks but for looking up its host. It lives on one thread, which waits by poll(2)
/// for the socket and for being woken up.
final class PostgreSQLConnection {
    let handle: OpaquePointer
    let url: SQLURL
    private let wake: SQLWake
    /// Looked at after each wake-up: nobody waits any more for what is under way.
    var isAbandoned: () -> Bool

    /// Connects; the session's settings are the caller's to make.
    init(
        _ url: SQLURL,
        within limit: Duration,
        wake: SQLWake,
        isAbandoned: @escaping () -> Bool
    ) throws(SQLError) {
        self.url = url
        self.wake = wake
        self.isAbandoned = isAbandoned
        guard let handle = Self.start(url) else { throw SQLError(.unavailable, "\(url): out of memory") }
        self.handle = handle
        // By default it prints notices to the standard error output.
        PQsetNoticeReceiver(handle, { _, _ in }, nil)
        try self.open(until: .now + limit, limit)
        PQsetnonblocking(handle, 1)
    }

    deinit { PQfinish(self.handle) }

    var isBroken: Bool { PQstatus(self.handle) != CONNECTION_OK }

    private func open(until deadline: ContinuousClock.Instant, _ limit: Duration) throws(SQLError) {
        var next = PQstatus(self.handle) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING
        while next != PGRES_POLLING_OK {
            switch next {
            case PGRES_POLLING_READING: try self.wait(for: POLLIN, until: deadline, "no connection within \(limit)")
            case PGRES_POLLING_WRITING: try self.wait(for: POLLOUT, until: deadline, "no connection within \(limit)")
            default: throw self.failure()
            }
            next = PQconnectPoll(self.handle)
        }
    }

    /// Waits until the socket can be read or, if there is more to write, written.
    func wait(
        forWriting: Bool,
        until deadline: ContinuousClock.Instant?,
        _ lateness: @autoclosure () -> String
    ) throws(SQLError) {
        try self.wait(for: forWriting ? POLLIN | POLLOUT : POLLIN, until: deadline, lateness())
    }

    private func wait(
        for events: Int32,
        until deadline: ContinuousClock.Instant?,
        _ lateness: @autoclosure () -> String
    ) throws(SQLError) {
        while true {
            // The socket may be another one after each step of connecting.
            switch self.wake.wait(socket: PQsocket(self.handle), events: events, until: deadline) {
            case .ready: return
            case .signalled where self.isAbandoned():
                throw SQLError(.unavailable, "\(self.url): the query was cancelled")
            case .signalled: continue
            case .late: throw SQLError(.unavailable, "\(self.url): \(lateness())")
            }
        }
    }

    /// Takes in what has come, without waiting.
    func consume() throws(SQLError) {
        guard PQconsumeInput(self.handle) == 1, !self.isBroken else { throw self.failure() }
    }

    /// Whether the connection is still good, after a time in which nobody asked. A server that went away has closed the
    /// socket, after a word of farewell or none.
    func isAlive() -> Bool {
        while SQLWake.isReadable(PQsocket(self.handle)) {
            guard (try? self.consume()) != nil else { return false }
        }
        return !self.isBroken
    }

    /// - Returns: whether all that was queued is with the kernel.
    func flush() throws(SQLError) -> Bool {
        let outcome = PQflush(self.handle)
        guard outcome >= 0 else { throw self.failure() }
        return outcome == 0
    }

    /// Packets wait for each other while the body queues what belongs together: before libpq 17 it writes to the socket
    /// for every query of a pipeline.
    func corked(_ body: () throws(SQLError) -> Void) throws(SQLError) {
        self.cork(1)
        defer { self.cork(0) }
        try body()
    }

    /// On a Unix socket, where there are no packets, this fails and is not needed.
    private func cork(_ isOn: Int32) {
        #if os(Linux)
        var isOn = isOn
        setsockopt(PQsocket(self.handle), Int32(IPPROTO_TCP), TCP_CORK, &isOn, socklen_t(MemoryLayout<Int32>.size))
        #endif
    }

    /// Why the connection does not work, as libpq says it.
    func failure() -> SQLError {
        let message = PQerrorMessage(self.handle).map { String(cString: $0) } ?? ""
        let lines = message.split(whereSeparator: \.isNewline).map { $0.trimmed }.filter { !$0.isEmpty }
        return SQLError(
            .unavailable,
            "\(self.url): " + (lines.isEmpty ? "the connection was lost" : lines.joined(separator: "; "))
        )
    }
}

extension Substring {
    fileprivate var trimmed: Substring {
        let space: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        let start = self.drop(while: space)
        return start[..<(start.lastIndex { !space($0) }.map { start.index(after: $0) } ?? start.startIndex)]
    }
}
#endif
