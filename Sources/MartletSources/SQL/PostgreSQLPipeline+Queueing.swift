#if PostgreSQL
import CPostgreSQL

extension PostgreSQLPipeline {
    /// Makes the server write values as `PostgreSQLType` reads them, and end what takes too long. Not at the start of
    /// the connection, where poolers refuse it, and without a round trip of its own.
    func queueSettings() throws(SQLError) {
        let milliseconds = self.limits.statement.milliseconds
        let texts = [
            "SET statement_timeout = \(milliseconds)", "SET datestyle = 'ISO'", "SET bytea_output = 'hex'",
        ]
        for text in texts { try self.queueChore(text) }
    }

    /// Lets go of a prepared statement.
    func queueRelease(of name: String) throws(SQLError) {
        try self.queueChore("DEALLOCATE \(name)")
    }

    /// Prepares a statement. Its sync is that of the query behind it, which is passed over if this fails.
    func queuePreparation(of text: String, named name: String) throws(SQLError) {
        guard PQsendPrepare(self.connection.handle, name, text, 0, nil) == 1 else { throw self.connection.failure() }
        self.expect(.prepare(text: text))
    }

    /// Runs a prepared statement.
    func queue(_ index: Int, named name: String) throws(SQLError) {
        let arguments = self.batch.statements[index].arguments.map(\.postgreSQLText)
        // The protocol counts them in 16 bits.
        guard arguments.count <= Int(UInt16.max) else {
            self.batch.answer(index, .failure(SQLError(.query, "\(self.connection.url): more than 65535 parameters")))
            try self.queueSync()
            return
        }
        let isQueued = withCStrings(arguments) { values in
            PQsendQueryPrepared(self.connection.handle, name, Int32(arguments.count), values, nil, nil, 0)
        }
        guard isQueued == 1 else { throw self.connection.failure() }
        self.expect(.query(index: index))
        try self.queueSync()
    }

    private func queueChore(_ text: String) throws(SQLError) {
        guard PQsendQueryParams(self.connection.handle, text, 0, nil, nil, nil, nil, 0) == 1 else {
            throw self.connection.failure()
        }
        self.expect(.chore)
        try self.queueSync()
    }

    private func queueSync() throws(SQLError) {
        guard martlet_pq_queue_sync(self.connection.handle) == 1 else { throw self.connection.failure() }
        self.expect(.sync)
    }
}
#endif
