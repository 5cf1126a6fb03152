#if PostgreSQL
import CPostgreSQL

/// What an engine for PostgreSQL does on its thread: connects when asked, and runs batches in pipelines.
final class PostgreSQLSession: SQLSession {
    private let url: SQLURL
    private let limits: SQLLimits
    private let wake: SQLWake
    private var connection: PostgreSQLConnection?
    private var statements = PostgreSQLStatementCache()
    private var hasSettings = false
    /// Prepared statements to let go of with the next pipeline.
    private var released: [String] = []

    init(_ url: SQLURL, _ limits: SQLLimits, _ wake: SQLWake) {
        self.url = url
        self.limits = limits
        self.wake = wake
    }

    func disconnect() {
        self.connection = nil
    }

    func run(_ batch: SQLBatch) {
        self.refuseNULs(of: batch)
        do {
            var open = batch.open
            var tries = 0
            while !open.isEmpty, tries < 3, !batch.isEnded {
                let pipeline = PostgreSQLPipeline(try self.connected(for: batch), batch, self.limits)
                try self.queue(open, in: pipeline)
                try pipeline.finish()
                self.tidy(after: pipeline)
                // Again for those behind a COPY, which has its answer, and for statements prepared too long ago.
                open = pipeline.isLost ? batch.open : pipeline.stale
                tries += pipeline.isLost ? 0 : 1
            }
            batch.end(SQLError(.query, "\(self.url): the query's result changes its type each time"))
        } catch {
            self.disconnect()
            batch.end(error)
        }
    }

    private func refuseNULs(of batch: SQLBatch) {
        for (index, statement) in batch.statements.enumerated() {
            guard let argument = statement.argumentWithNUL else { continue }
            batch.answer(index, .failure(SQLError(.query, "\(self.url): parameter \(argument) holds a NUL")))
        }
    }

    private func connected(for batch: SQLBatch) throws(SQLError) -> PostgreSQLConnection {
        if let connection = self.connection, connection.isAlive() {
            connection.isAbandoned = { batch.wasAbandoned }
            return connection
        }
        self.disconnect()
        let connection = try PostgreSQLConnection(
            self.url,
            within: self.limits.connect,
            wake: self.wake,
            isAbandoned: { batch.wasAbandoned }
        )
        guard PQenterPipelineMode(connection.handle) == 1 else { throw connection.failure() }
        self.connection = connection
        self.statements = PostgreSQLStatementCache()
        self.hasSettings = false
        self.released = []
        return connection
    }

    private func queue(_ open: [Int], in pipeline: PostgreSQLPipeline) throws(SQLError) {
        try pipeline.connection.corked { () throws(SQLError) in
            if !self.hasSettings { try pipeline.queueSettings() }
            self.hasSettings = true
            for index in open {
                let statement = pipeline.batch.statements[index]
                if let name = self.statements.name(of: statement.text) {
                    try pipeline.queue(index, named: name)
                } else {
                    let name = self.statements.add(statement.text)
                    try pipeline.queuePreparation(of: statement.text, named: name)
                    try pipeline.queue(index, named: name)
                }
            }
            for name in self.released + self.statements.trim() { try pipeline.queueRelease(of: name) }
            self.released = []
        }
    }

    private func tidy(after pipeline: PostgreSQLPipeline) {
        for text in pipeline.refusals.keys { _ = self.statements.remove(text) }
        self.released = pipeline.stale.compactMap { self.statements.remove(pipeline.batch.statements[$0].text) }
        // A query that left a transaction open, such as BEGIN, must not keep the next ones in it.
        if pipeline.isLost || PQtransactionStatus(pipeline.connection.handle) != PQTRANS_IDLE { self.disconnect() }
    }
}
#endif
