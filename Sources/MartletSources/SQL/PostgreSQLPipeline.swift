#if PostgreSQL
import CPostgreSQL

/// One round trip of libpq's pipeline mode: queues queries, each with a sync behind it and so in a transaction of its
/// own, and reads the answers in their order. It lives as long as the round trip, on the session's thread.
final class PostgreSQLPipeline {
    /// What the server answers next.
    enum Step {
        /// To a query that nobody waits for: settings, letting go of a prepared statement.
        case chore
        case prepare(text: String)
        case query(index: Int)
        case sync
    }

    let connection: PostgreSQLConnection
    let batch: SQLBatch
    let limits: SQLLimits
    private(set) var steps: [Step] = []
    /// Of `steps`.
    private var position = 0
    private var rows = PostgreSQLRows()
    /// Texts that could not be prepared, and why: queries of the same text behind them fail alike.
    private(set) var refusals: [String: SQLError] = [:]
    /// Queries whose prepared statement has to be made again.
    private(set) var stale: [Int] = []
    /// A COPY was begun, which ends the use of the connection.
    private(set) var isLost = false

    init(_ connection: PostgreSQLConnection, _ batch: SQLBatch, _ limits: SQLLimits) {
        self.connection = connection
        self.batch = batch
        self.limits = limits
    }

    /// Adds what was queued on the connection.
    func expect(_ step: Step) { self.steps.append(step) }

    /// Sends what is queued and reads all answers. Each has its time from the one before it.
    func finish() throws(SQLError) {
        var deadline = ContinuousClock.now + self.limits.patience
        var isFlushed = try self.connection.flush()
        self.begin()
        while self.position < self.steps.count && !self.isLost {
            try self.connection.wait(
                forWriting: !isFlushed,
                until: deadline,
                "no answer within \(self.limits.patience), so the connection was dropped"
            )
            try self.connection.consume()
            let before = self.position
            while self.position < self.steps.count, !self.isLost, PQisBusy(self.connection.handle) == 0 { self.take() }
            // Reading made room for writing at the other end.
            if !isFlushed { isFlushed = try self.connection.flush() }
            if self.position != before { deadline = .now + self.limits.patience }
        }
    }

    /// Takes one result of libpq's.
    private func take() {
        guard let result = PQgetResult(self.connection.handle) else {
            // The end of a step's results; a sync has none.
            if case .sync = self.steps[self.position] { return }
            self.end()
            return
        }
        defer { PQclear(result) }
        switch PQresultStatus(result) {
        case PGRES_PIPELINE_SYNC:
            // Steps before it that had no answer, if libpq ever leaves one out, must not hold up the rest.
            while self.position < self.steps.count {
                defer { self.position += 1 }
                if case .sync = self.steps[self.position] { break }
            }
            self.begin()
        case PGRES_SINGLE_TUPLE: self.rows.add(result, self.limits)
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY, PGRES_PIPELINE_ABORTED: break
        case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
            self.rows.error = SQLError(.query, "\(self.connection.url): COPY can't be used in a query")
            self.end()
            self.isLost = true
        default: self.fail(result)
        }
    }

    private func fail(_ result: OpaquePointer) {
        // The connection was lost: libpq makes up a result for what it did not read. What is open fails with the reason.
        guard !self.connection.isBroken else { return }
        self.rows.error = SQLError(result: result, url: self.connection.url)
        self.rows.isStale = Self.isStale(PQresultErrorField(result, 0x43).map { String(cString: $0) })
    }

    /// A cached plan must not change its result's type: feature not supported; or somebody's DISCARD ALL: invalid name.
    private static func isStale(_ sqlState: String?) -> Bool { sqlState == "0A000" || sqlState == "26000" }

    private func begin() {
        self.rows = PostgreSQLRows()
        // Row by row, so that a large answer is given up before it fills the memory.
        if self.position < self.steps.count, case .query = self.steps[self.position] {
            PQsetSingleRowMode(self.connection.handle)
        }
    }

    private func end() {
        switch self.steps[self.position] {
        case .prepare(let text): if let error = self.rows.error { self.refusals[text] = error }
        case .query(let index) where !self.connection.isBroken: self.answer(index)
        case .query, .chore, .sync: break
        }
        self.position += 1
        self.begin()
    }

    private func answer(_ index: Int) {
        if let refusal = self.refusals[self.batch.statements[index].text] {
            self.batch.answer(index, .failure(refusal))
        } else if self.rows.isStale {
            self.stale.append(index)
        } else if let error = self.rows.error {
            self.batch.answer(index, .failure(error))
        } else if let excess = self.rows.excess {
            self.batch.answer(index, .failure(SQLError(.query, "\(self.connection.url): \(excess)")))
        } else {
            self.batch.answer(index, .success(self.rows.rows))
        }
    }
}

/// The rows of a query, as they come.
private struct PostgreSQLRows {
    var rows: [SQLRow] = []
    var bytes = 0
    var error: SQLError?
    var excess: String?
    var isStale = false
    private var names: [String] = []

    mutating func add(_ result: OpaquePointer, _ limits: SQLLimits) {
        // The rest of a large answer is passed over: the server's time limit ends it.
        guard self.excess == nil else { return }
        let columns = PQnfields(result)
        if self.names.isEmpty { self.names = (0..<columns).map { String(cString: PQfname(result, $0)) } }
        self.bytes += (0..<columns).reduce(0) { $0 + Int(PQgetlength(result, 0, $1)) }
        self.excess = limits.excess(rows: self.rows.count + 1, bytes: self.bytes)
        guard self.excess == nil else {
            self.rows = []
            return
        }
        self.rows.append(
            SQLRow(
                columns: (0..<columns).map { column in
                    SQLRow.Column(name: self.names[Int(column)], value: Self.value(result, column))
                }
            )
        )
    }

    private static func value(_ result: OpaquePointer, _ column: Int32) -> SQLValue {
        guard PQgetisnull(result, 0, column) == 0 else { return .null }
        let text = UnsafeRawBufferPointer(
            start: PQgetvalue(result, 0, column),
            count: Int(PQgetlength(result, 0, column))
        )
        return PostgreSQLType.value(text, type: PQftype(result, column))
    }
}
#endif
