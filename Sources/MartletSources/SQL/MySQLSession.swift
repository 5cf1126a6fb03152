#if MySQL
import CMariaDB

/// What an engine for MySQL does on its thread: connects when asked, and runs the queries of a batch in their order.
final class MySQLSession: SQLSession {
    private let url: SQLURL
    private let limits: SQLLimits
    private let queue: SQLQueue
    private var connection: MySQLConnection?

    init(_ url: SQLURL, _ limits: SQLLimits, _ queue: SQLQueue) {
        self.url = url
        self.limits = limits
        self.queue = queue
    }

    func disconnect() {
        // Nobody may shut the socket down once its descriptor can be another one's.
        self.queue.setInterrupt(nil)
        self.connection = nil
    }

    func run(_ batch: SQLBatch) {
        if self.connection?.isStale == true { self.disconnect() }
        for (index, statement) in batch.statements.enumerated() where !batch.isEnded {
            do {
                try self.check(statement)
                batch.answer(index, .success(try self.rows(of: statement, batch)))
            } catch {
                batch.answer(index, .failure(error))
                // Connecting again for each of the others would make the next ones wait.
                if self.connection == nil, error.code == .unavailable { batch.end(error) }
            }
        }
        if batch.wasAbandoned { self.disconnect() }
    }

    private func check(_ statement: SQLStatement) throws(SQLError) {
        if let argument = statement.argumentWithNUL {
            throw SQLError(.query, "\(self.url): parameter \(argument) holds a NUL")
        }
        if let index = statement.arguments.firstIndex(where: { if case .list = $0 { true } else { false } }) {
            throw SQLError(.query, "\(self.url): parameter \(index + 1) is a list, which MySQL does not take")
        }
    }

    private func rows(of statement: SQLStatement, _ batch: SQLBatch) throws(SQLError) -> [SQLRow] {
        let connection = try self.connected()
        // Cancelled while connecting, when there was no socket to shut down.
        guard !batch.isEnded else { throw SQLError(.unavailable, "\(self.url): the query was cancelled") }
        do {
            return try connection.run(statement)
        } catch {
            if error.fate == .unusable { self.disconnect() }
            throw error.error
        }
    }

    private func connected() throws(SQLError) -> MySQLConnection {
        if let connection = self.connection { return connection }
        let connection = try MySQLConnection(self.url, self.limits)
        self.connection = connection
        let socket = connection.socket
        self.queue.setInterrupt { SQLWake.shutDown(socket) }
        return connection
    }
}
#endif
