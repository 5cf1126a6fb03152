#if MySQL
import CMariaDB

/// A connection of libmariadb, which blocks, with the statements it has prepared. It lives on its engine's thread.
final class MySQLConnection {
    let url: SQLURL
    let limits: SQLLimits
    let handle: UnsafeMutablePointer<MYSQL>
    private var statements: [String: MySQLStatement] = [:]
    private var clock = 0
    private static let capacity = 256

    /// Connects.
    init(_ url: SQLURL, _ limits: SQLLimits) throws(SQLError) {
        self.url = url
        self.limits = limits
        guard Self.libraryIsReady, let handle = mysql_init(nil) else {
            throw SQLError(.unavailable, "\(url): libmariadb does not start")
        }
        self.handle = handle
        try self.open()
    }

    deinit {
        self.statements = [:]
        mysql_close(self.handle)
    }

    /// Once for the process, and not by two threads at a time.
    private static let libraryIsReady = mysql_server_init(0, nil, nil) == 0

    var socket: Int32 { Int32(mysql_get_socket(self.handle)) }

    /// The server has closed the connection, or said why it will, while nobody asked.
    var isStale: Bool { SQLWake.isReadable(self.socket) }

    /// The rows of a query. A statement whose table has changed is prepared again.
    func run(_ query: SQLStatement) throws(MySQLFailure) -> [SQLRow] {
        let isNew = self.statements[query.text] == nil
        do {
            return try self.statement(query.text).rows(query.arguments)
        } catch {
            guard error.fate == .stale, !isNew else { throw error }
        }
        self.statements[query.text] = nil
        return try self.statement(query.text).rows(query.arguments)
    }

    private func statement(_ text: String) throws(MySQLFailure) -> MySQLStatement {
        self.clock += 1
        if let statement = self.statements[text] {
            statement.lastUse = self.clock
            return statement
        }
        let statement = try MySQLStatement(text, on: self)
        statement.lastUse = self.clock
        if self.statements.count >= Self.capacity {
            let oldest = self.statements.min { $0.value.lastUse < $1.value.lastUse }
            self.statements[oldest!.key] = nil
        }
        self.statements[text] = statement
        return statement
    }
}
#endif
