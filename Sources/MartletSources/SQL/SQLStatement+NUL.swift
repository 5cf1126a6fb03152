extension SQLStatement {
    /// A text with a NUL can't be sent to PostgreSQL, would be another one on SQLite, and is never meant: refused alike.
    ///
    /// - Returns: which argument has one, counted from one.
    var argumentWithNUL: Int? {
        self.arguments.firstIndex { argument in
            switch argument {
            case .text(let text), .json(let text), .number(let text): text.utf8.contains(0)
            case .list(let texts): texts.contains { $0.utf8.contains(0) }
            case .null, .boolean, .integer, .real, .bytes: false
            }
        }
        .map { $0 + 1 }
    }
}
