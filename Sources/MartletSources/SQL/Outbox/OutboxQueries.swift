/// What an outbox's table is asked, in the SQL of its database. Names are quoted, values bound.
struct OutboxQueries: Sendable {
    /// The most rows that one question is answered with.
    static let pageSize = 500
    /// The most ranges of keys in one question; SQLite bounds how deep an expression is.
    static let maxRanges = 64

    private let engine: SQLURL.Engine
    private let table: String
    private let key: String
    /// The columns beside the key.
    private let columns: [String]

    init(engine: SQLURL.Engine, table: SQLIdentifier, key: SQLIdentifier, columns: [SQLIdentifier]) {
        self.engine = engine
        self.table = table.quoted(for: engine)
        self.key = key.quoted(for: engine)
        self.columns = columns.map { $0.quoted(for: engine) }
    }

    /// The highest key.
    var newest: SQLStatement { SQLStatement("SELECT max(\(self.key)) FROM \(self.table)") }

    /// The highest keys, downwards.
    var newestKeys: SQLStatement {
        SQLStatement("SELECT \(self.key) FROM \(self.table) ORDER BY \(self.key) DESC LIMIT \(Self.pageSize)")
    }

    /// A key that can be no update's id, if there is one.
    var strayKey: SQLStatement {
        SQLStatement("SELECT \(self.key) FROM \(self.table) WHERE \(self.key) IS NULL OR \(self.key) < 1 LIMIT 1")
    }

    /// No row, but whether there are such a table and columns.
    var nothing: SQLStatement {
        SQLStatement("SELECT \(([self.key] + self.columns).joined(separator: ", ")) FROM \(self.table) WHERE 1 = 0")
    }

    /// The keys after one, each with how many bytes its row has.
    func sizes(after key: Int64) -> SQLStatement {
        var statement = SQLStatement("SELECT \(self.key), \(self.size) FROM \(self.table) WHERE \(self.key) > ")
        self.add(key, to: &statement)
        statement.text += " ORDER BY \(self.key) LIMIT \(Self.pageSize)"
        return statement
    }

    /// The keys within ranges, at most ``maxRanges``, each with how many bytes its row has.
    func sizes(in gaps: ArraySlice<OutboxPosition.Gap>) -> SQLStatement {
        var statement = SQLStatement("SELECT \(self.key), \(self.size) FROM \(self.table) WHERE ")
        for (number, gap) in Self.padded(Array(gaps)).enumerated() {
            statement.text += number == 0 ? "\(self.key) BETWEEN " : " OR \(self.key) BETWEEN "
            self.add(gap.first, to: &statement)
            statement.text += " AND "
            self.add(gap.last, to: &statement)
        }
        statement.text += " ORDER BY \(self.key) LIMIT \(Self.pageSize)"
        return statement
    }

    /// The rows with these keys, at least one.
    func rows(of keys: [Int64]) -> SQLStatement {
        var selected = [self.key] + self.columns
        if self.engine == .sqlite { selected.append(self.columnWithNUL) }
        var statement = SQLStatement("SELECT \(selected.joined(separator: ", ")) FROM \(self.table) WHERE ")
        if self.engine == .postgreSQL {
            statement.text += "\(self.key) = ANY($1::bigint[])"
            statement.arguments = [.list(keys.map(String.init))]
        } else {
            statement.text += "\(self.key) IN ("
            for (number, key) in Self.padded(keys).enumerated() {
                if number > 0 { statement.text += ", " }
                self.add(key, to: &statement)
            }
            statement.text += ")"
        }
        statement.text += " ORDER BY \(self.key)"
        return statement
    }

    private func add(_ key: Int64, to statement: inout SQLStatement) {
        statement.arguments.append(.integer(key))
        // With its type: else it is the column's, which may be too small for a key that is beyond all others.
        statement.text += self.engine == .postgreSQL ? "$\(statement.arguments.count)::bigint" : "?"
    }

    /// A database keeps what it has prepared for each text; so there are few.
    private static func padded<Element>(_ elements: [Element]) -> [Element] {
        guard let last = elements.last else { return [] }
        var all = elements
        while all.count.nonzeroBitCount > 1 { all.append(last) }
        return all
    }

    /// How many bytes a row has, as text.
    private var size: String {
        let sizes = self.columns.map { column in
            switch self.engine {
            case .sqlite: "coalesce(length(CAST(\(column) AS BLOB)), 0)"
            case .postgreSQL: "coalesce(octet_length(\(column)::text), 0)"
            case .mySQL: "coalesce(octet_length(\(column)), 0)"
            }
        }
        // PostgreSQL's are integers of 32 bits, whose sum could be none.
        return sizes.joined(separator: self.engine == .postgreSQL ? "::bigint + " : " + ")
    }

    /// Which column of SQLite, counted from one, has a text with a NUL, behind which it is not read; 0 if none.
    private var columnWithNUL: String {
        let cases = self.columns.enumerated().map { number, column in
            "WHEN typeof(\(column)) = 'text' AND instr(\(column), char(0)) > 0 THEN \(number + 1)"
        }
        return "CASE \(cases.joined(separator: " ")) ELSE 0 END"
    }
}
