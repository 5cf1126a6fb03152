@testable import MartletSources

extension SQLEngine {
    /// The rows of one query.
    func rows(_ text: String, _ arguments: [SQLValue] = []) async throws(SQLError) -> [SQLRow] {
        try await self.run([SQLStatement(text, arguments)])[0].get()
    }

    /// The first value of the first row of one query.
    func value(_ text: String, _ arguments: [SQLValue] = []) async throws(SQLError) -> SQLValue? {
        try await self.rows(text, arguments).first?.columns.first?.value
    }

    /// Why one query failed.
    func error(_ text: String, _ arguments: [SQLValue] = []) async -> SQLError? {
        do {
            _ = try await self.rows(text, arguments)
            return nil
        } catch {
            return error
        }
    }
}

/// Texts that end, cut or continue a query if they are pasted into one.
let hostileTexts = [
    "", "'", "''", "\"", "\\", "\\'", "\\\\'; DROP TABLE people; --", "'; DROP TABLE people; --", "1 OR 1=1",
    "' OR '1'='1", "' UNION SELECT version() --", "/* */", "--", "#", ";", "$1", "$$", "$tag$", "?", ":name", "%s", "%",
    "_", "{", "}", "{\"a\",NULL}", ",", "NULL", "null", "\n", "\r\n", "\t", "\u{1}", "\u{1F426}", "e\u{301}",
    "\u{FEFF}",
    "\u{202E}", "\u{A0}", "E'\\047'", "U&'\\0027'", "0x27", "`", "``", "%27", "&#39;", "\u{2019}", "\u{FF07}", "\\x27",
    String(repeating: "'", count: 1000), String(repeating: "\u{1F426}", count: 5000),
]

extension Result {
    var failure: Failure? {
        if case .failure(let error) = self { error } else { nil }
    }
}
