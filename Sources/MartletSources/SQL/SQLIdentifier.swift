/// The name of a table or a column, as a configuration gives it. It can be nothing but a name: it is checked, and quoted
/// wherever it goes into SQL.
package struct SQLIdentifier: Sendable, Hashable {
    /// What PostgreSQL takes; it cuts longer names.
    private static let maxBytes = 63

    /// As it was written.
    package let text: String
    private let parts: [String]

    /// The name of a column.
    package init(column text: String) throws(SQLError) {
        guard Self.isName(text) else {
            throw SQLError(.query, "a column's name is 1 to 63 letters, digits and _, and begins with no digit")
        }
        self.text = text
        self.parts = [text]
    }

    /// The name of a table, perhaps with its schema's and a dot before it.
    package init(table text: String) throws(SQLError) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 2, parts.allSatisfy(Self.isName) else {
            throw SQLError(
                .query,
                "a table's name is 1 to 63 letters, digits and _, and begins with no digit; schema.table has two"
            )
        }
        self.text = text
        self.parts = parts
    }

    /// The name in quotes. SQLite takes a name in double quotes for a string if no column is called so, and says nothing.
    func quoted(for engine: SQLURL.Engine) -> String {
        let quote = engine == .postgreSQL ? "\"" : "`"
        return self.parts.map { quote + $0 + quote }.joined(separator: ".")
    }

    private static func isName(_ text: String) -> Bool {
        guard (1...self.maxBytes).contains(text.utf8.count), let first = text.utf8.first else { return false }
        guard !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else { return false }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F: true
            default: false
            }
        }
    }
}
