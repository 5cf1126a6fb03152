#if PostgreSQL || MySQL
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A pipe by which any thread ends another one's wait in poll(2).
final class SQLWake: Sendable {
    /// How a wait ended.
    enum Outcome: Sendable {
        /// The socket can be read, written, or is broken.
        case ready
        /// Somebody called ``signal()``.
        case signalled
        case late
    }

    private let reading: Int32
    private let writing: Int32

    init() throws(SQLError) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            throw SQLError(.unavailable, "no pipe for a database's thread: \(String(cString: strerror(errno)))")
        }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        self.reading = ends[0]
        self.writing = ends[1]
    }

    deinit {
        close(self.reading)
        close(self.writing)
    }

    /// A full pipe wakes as well, so its answer does not matter.
    func signal() {
        var byte: UInt8 = 1
        _ = write(self.writing, &byte, 1)
    }

    /// Waits for `events` of a socket, if there is one, until `deadline`, if there is one.
    func wait(socket: Int32 = -1, events: Int32 = 0, until deadline: ContinuousClock.Instant? = nil) -> Outcome {
        var entries = [
            pollfd(fd: self.reading, events: Int16(POLLIN), revents: 0),
            // poll(2) passes over a negative descriptor.
            pollfd(fd: socket, events: Int16(events), revents: 0),
        ]
        while true {
            let count = poll(&entries, nfds_t(entries.count), Self.milliseconds(until: deadline))
            if count < 0 && errno == EINTR { continue }
            if count == 0 {
                guard let deadline, deadline <= .now else { continue }
                return .late
            }
            if entries[0].revents != 0 {
                self.drain()
                return .signalled
            }
            return .ready
        }
    }

    /// Ends a call that another thread is blocked in.
    static func shutDown(_ socket: Int32) {
        shutdown(socket, Int32(SHUT_RDWR))
    }

    /// Something has come on a socket, or its other end was closed.
    static func isReadable(_ socket: Int32) -> Bool {
        var entry = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, 0) != 0
    }

    private func drain() {
        var bytes = [UInt8](repeating: 0, count: 64)
        while read(self.reading, &bytes, bytes.count) > 0 {}
    }

    /// Rounded up, so that a wait of less than a millisecond does not spin.
    private static func milliseconds(until deadline: ContinuousClock.Instant?) -> Int32 {
        guard let deadline else { return -1 }
        let (seconds, attoseconds) = (deadline - .now).components
        return Int32(clamping: max(0, seconds * 1000 + attoseconds / 1_000_000_000_000_000 + 1))
    }
}
#endif
