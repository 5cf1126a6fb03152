/// A database that `sql` sources ask: one connection, or a few, shared by all watches of a source.
///
/// An engine connects when it is first asked and again after a failure; it never retries by itself, since whoever asks
/// comes back at the next tick.
package protocol SQLEngine: Sendable {
    /// How its SQL writes the parameters of a query.
    var placeholders: SQLPlaceholders { get }

    /// Runs queries together, in one round trip where the engine can: what they ask must not depend on one another.
    ///
    /// - Returns: for each query, in order, its rows or why it failed. A lost connection fails all that had no answer.
    func run(_ queries: [SQLStatement]) async -> [Result<[SQLRow], SQLError>]

    /// Ends its connections.
    func close() async
}

/// A query ready to run: placeholders in the engine's own form, and a value for each.
package struct SQLStatement: Sendable, Hashable {
    package var text: String
    package var arguments: [SQLValue]

    package init(_ text: String, _ arguments: [SQLValue] = []) {
        self.text = text
        self.arguments = arguments
    }
}

/// How an engine's SQL writes parameters.
package enum SQLPlaceholders: Sendable, Hashable {
    /// `?`, in the order of the arguments (SQLite, MySQL).
    case questionMarks
    /// `$1`, `$2`, … (PostgreSQL).
    case numbered
}

/// A value of a parameter or a column.
package enum SQLValue: Sendable, Hashable {
    case null
    case boolean(Bool)
    case integer(Int64)
    case real(Double)
    /// A number whose digits are to be kept as they are, such as a `numeric`; it is valid JSON.
    case number(String)
    case text(String)
    /// JSON that a column holds as such.
    case json(String)
    /// Bytes; they become base64 in JSON.
    case bytes([UInt8])
    /// Several texts for one parameter: `= ANY($1)` on PostgreSQL.
    case list([String])
}

/// A row: columns in the query's order.
package struct SQLRow: Sendable, Hashable {
    package struct Column: Sendable, Hashable {
        package var name: String
        package var value: SQLValue

        package init(name: String, value: SQLValue) {
            self.name = name
            self.value = value
        }
    }

    package var columns: [Column]

    package init(columns: [Column]) {
        self.columns = columns
    }
}

/// Why a query failed, in a sentence for the operator that names the database and never its password.
package struct SQLError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        /// The database can't be reached, or went away: trying again may help.
        case unavailable
        /// The database refuses the query as it is: a syntax error, a column or table that is not there, no permission.
        case query
    }

    package var code: Code
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { self.message }
}
