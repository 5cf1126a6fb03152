#if MySQL
import CMariaDB

/// Why a query has no rows, and what is still good after it.
struct MySQLFailure: Error {
    enum Fate {
        /// The connection is good for the next query.
        case failed
        /// The statement has to be prepared again.
        case stale
        /// The connection is gone, or has to go.
        case unusable
    }

    var fate: Fate
    var error: SQLError

    init(_ fate: Fate, _ code: SQLError.Code, _ message: String) {
        self.fate = fate
        self.error = SQLError(code, message)
    }

    /// By the library's and the server's numbers (`errmsg.h`, `mysqld_error.h`).
    init(number: Int32, message: String) {
        switch number {
        case CR_NEW_STMT_METADATA, ER_NEED_REPREPARE, ER_UNKNOWN_STMT_HANDLER: self.init(.stale, .query, message)
        case CR_NET_PACKET_TOO_LARGE: self.init(.unusable, .query, message)
        // Too many connections or statements, conflicts, and what took too long (3024 is MySQL's) or was interrupted.
        case ER_CON_COUNT_ERROR, ER_MAX_PREPARED_STMT_COUNT_REACHED, ER_LOCK_WAIT_TIMEOUT, ER_LOCK_DEADLOCK,
            ER_STATEMENT_TIMEOUT, 3024, ER_QUERY_INTERRUPTED:
            self.init(.failed, .unavailable, message)
        // The library has the numbers from 2000 for its own trouble: the connection.
        case ER_SERVER_SHUTDOWN, ER_CONNECTION_KILLED, 2000...2999: self.init(.unusable, .unavailable, message)
        default: self.init(.failed, .query, message)
        }
    }
}
#endif
