#if MySQL
/// MySQL and MariaDB for `sql` sources, on libmariadb: one connection, on a thread of its own, since the library blocks.
///
/// A call's queries run one after the other, each on its own, by statements that are prepared once for a connection.
package final class MySQLEngine: SQLEngine {
    private let worker: SQLWorker

    /// Connects when first asked.
    ///
    /// - Throws: when the process can't open a pipe.
    package init(_ url: SQLURL, limits: SQLLimits = SQLLimits()) throws(SQLError) {
        self.worker = try SQLWorker("\(url)") { MySQLSession(url, limits, $0) }
    }

    package var placeholders: SQLPlaceholders { .questionMarks }

    package func run(_ queries: [SQLStatement]) async -> [Result<[SQLRow], SQLError>] {
        await self.worker.run(queries)
    }

    package func close() async {
        await self.worker.close()
    }
}
#endif
