#if MySQL
import CMariaDB

/// A prepared statement of a connection, which it must not outlive.
final class MySQLStatement {
    private let handle: UnsafeMutablePointer<MYSQL_STMT>
    private unowned let connection: MySQLConnection
    /// Of the connection's clock.
    var lastUse = 0

    init(_ text: String, on connection: MySQLConnection) throws(MySQLFailure) {
        guard let handle = mysql_stmt_init(connection.handle) else {
            throw MySQLFailure(.unusable, .unavailable, "\(connection.url): out of memory")
        }
        self.handle = handle
        self.connection = connection
        guard mysql_stmt_prepare(handle, text, UInt(text.utf8.count)) == 0 else { throw self.failure }
    }

    deinit { mysql_stmt_close(self.handle) }

    private var url: SQLURL { self.connection.url }
    private var limits: SQLLimits { self.connection.limits }

    /// Runs the query with these arguments.
    func rows(_ arguments: [SQLValue]) throws(MySQLFailure) -> [SQLRow] {
        let count = Int(mysql_stmt_param_count(self.handle))
        guard count == arguments.count else {
            let message = "\(self.url): the query takes \(count) parameters and got \(arguments.count)"
            throw MySQLFailure(.failed, .query, message)
        }
        let parameters = MySQLParameters(arguments)
        guard count == 0 || mysql_stmt_bind_param(self.handle, parameters.binds.baseAddress) == 0,
            mysql_stmt_execute(self.handle) == 0
        else { throw self.failure }
        let rows = try self.fetchedRows()
        // A procedure's further answers, and its status.
        while mysql_stmt_next_result(self.handle) == 0 { mysql_stmt_free_result(self.handle) }
        return rows
    }

    private func fetchedRows() throws(MySQLFailure) -> [SQLRow] {
        guard let result = MySQLResult(self.handle) else { return [] }
        let deadline = ContinuousClock.now + self.limits.patience
        var rows: [SQLRow] = []
        var bytes = 0
        while true {
            let outcome: SQLRow?
            do {
                outcome = try result.next(&bytes, limit: self.limits.bytes)
            } catch {
                throw self.failure
            }
            guard let row = outcome else { break }
            rows.append(row)
            // The library can't leave out the rest of an answer without reading it.
            if let excess = self.limits.excess(rows: rows.count, bytes: bytes) {
                throw MySQLFailure(.unusable, .query, "\(self.url): \(excess)")
            }
            guard ContinuousClock.now < deadline else {
                let message = "\(self.url): no whole answer within \(self.limits.patience)"
                throw MySQLFailure(.unusable, .unavailable, message)
            }
        }
        mysql_stmt_free_result(self.handle)
        return rows
    }

    /// What the library says of the statement or, when an error came in place of a row, of the connection.
    private var failure: MySQLFailure {
        let connection = self.connection.handle
        let ofStatement = mysql_stmt_errno(self.handle)
        let number = Int32(bitPattern: ofStatement != 0 ? ofStatement : mysql_errno(connection))
        let text = String(cString: ofStatement != 0 ? mysql_stmt_error(self.handle) : mysql_error(connection))
        return MySQLFailure(number: number, message: "\(self.url): \(text) [\(number)]")
    }
}
#endif
