/// How long a database may take, and how much it may answer.
package struct SQLLimits: Sendable, Hashable {
    /// For making a connection.
    package var connect: Duration
    /// For one query. The server is told, and is believed to be gone if it has not answered a little later.
    package var statement: Duration
    /// Of one query's answer.
    package var rows: Int
    /// Of one query's answer: the sum of its columns' sizes.
    package var bytes: Int

    package init(
        connect: Duration = .seconds(5),
        statement: Duration = .seconds(5),
        rows: Int = 10_000,
        bytes: Int = 8 << 20
    ) {
        self.connect = connect
        self.statement = statement
        self.rows = rows
        self.bytes = bytes
    }

    /// How long to wait for an answer before the connection is dropped: the server's own limit comes first.
    var patience: Duration { self.statement + .seconds(1) }

    /// - Returns: why an answer is too large, or `nil`.
    func excess(rows: Int, bytes: Int) -> String? {
        if rows > self.rows { return "the answer has more than \(self.rows) rows; add a LIMIT" }
        if bytes > self.bytes { return "the answer has more than \(self.bytes) bytes; ask for less" }
        return nil
    }
}
