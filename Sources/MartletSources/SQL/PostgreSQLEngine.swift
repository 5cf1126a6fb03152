#if PostgreSQL
import Synchronization

/// PostgreSQL for `sql` sources, on libpq: one connection, on a thread of its own.
///
/// A call's queries go out together in pipeline mode, each in a transaction of its own, so that one that fails takes
/// none with it. They are prepared once for a connection. A thread that waits in poll(2), and not an event loop: libpq
/// changes its socket while it connects, looks up hosts by a call that blocks, and reads on its own.
package final class PostgreSQLEngine: SQLEngine {
    private let url: SQLURL
    private let limits: SQLLimits
    private let worker: SQLWorker
    private let listeners = Mutex<[PostgreSQLListener]>([])

    /// Connects when first asked.
    ///
    /// - Throws: when the process can't open a pipe.
    package init(_ url: SQLURL, limits: SQLLimits = SQLLimits()) throws(SQLError) {
        self.url = url
        self.limits = limits
        self.worker = try SQLWorker("\(url)") { PostgreSQLSession(url, limits, $0.wake) }
    }

    package var placeholders: SQLPlaceholders { .numbered }

    package func run(_ queries: [SQLStatement]) async -> [Result<[SQLRow], SQLError>] {
        await self.worker.run(queries)
    }

    /// Listens to channels on a connection of its own, which is made again when it is lost, until the sequence goes.
    ///
    /// - Throws: for a name that is no channel's; that of what can't be reached is in the sequence.
    package func listen(channels: [String]) throws(SQLError) -> PostgreSQLNotices {
        let listener = try PostgreSQLListener(self.url, channels: channels, limits: self.limits)
        self.listeners.withLock { listeners in
            listeners.removeAll(where: \.isStopped)
            listeners.append(listener)
        }
        return PostgreSQLNotices(listener)
    }

    package func close() async {
        for listener in self.listeners.withLock({ $0 }) { listener.stop() }
        await self.worker.close()
    }
}
#endif
