import Testing

@testable import MartletSources

@Suite struct SQLTemplateTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var text: String
        var parameters: [String]
        /// With every parameter as `?`.
        var bound: String

        init(_ text: String, _ parameters: [String], _ bound: String) {
            (self.text, self.parameters, self.bound) = (text, parameters, bound)
        }

        var testDescription: String { self.text }
    }

    @Test(arguments: [
        Row("SELECT 1", [], "SELECT 1"),
        Row("WHERE a = :a AND b=:b_2", ["a", "b_2"], "WHERE a = ? AND b=?"),
        Row(":a:b:a", ["a", "b"], "???"),
        Row("SELECT ':a', \":b\", `:c`, ':''d', :e", ["e"], "SELECT ':a', \":b\", `:c`, ':''d', ?"),
        Row("SELECT a::text, :b::int", ["b"], "SELECT a::text, ?::int"),
        Row("-- :a\n:b /* :c */ :d", ["b", "d"], "-- :a\n? /* :c */ ?"),
        Row("-- :a", [], "-- :a"),
        Row("SELECT $$ :a $$, $x$ :b $$ $x$, $1, :c", ["c"], "SELECT $$ :a $$, $x$ :b $$ $x$, $1, ?"),
        Row("a[1:2], : a, :1", [], "a[1:2], : a, :1"),
        Row("'ü' || :ü || :a", ["a"], "'ü' || :ü || ?"),
        Row("a - :b / :c", ["b", "c"], "a - ? / ?"),
    ])
    func `parameters are found where SQL has them`(_ row: Row) throws {
        let template = try SQLTemplate(row.text)
        #expect(template.parameters == row.parameters)
        #expect(template.bound([:], for: .questionMarks).text == row.bound)
        #expect(template.text == row.text)
    }

    @Test(arguments: [
        ("", "the query is empty"), (" \n", "the query is empty"),
        ("SELECT 'a", "the query has a ' that nothing closes"),
        ("\"", "the query has a \" that nothing closes"), ("/* x", "the query has a /* that nothing closes"),
    ])
    func `what is not closed is told`(_ text: String, _ message: String) {
        #expect(throws: SQLError(.query, message)) { try SQLTemplate(text) }
    }

    @Test func `values are bound in the order of their parameters`() throws {
        let template = try SQLTemplate(":b, :a, :b, :c")
        let statement = template.bound(["a": .integer(1), "b": .text("x")], for: .numbered)
        #expect(statement == SQLStatement("$1, $2, $3, $4", [.text("x"), .integer(1), .text("x"), .null]))
    }

    @Test func `a list is bound to as many parameters, or to one where the database has arrays`() throws {
        let template = try SQLTemplate("a = :a AND id IN (:id) AND b = :a")
        let list = (name: "id", values: [SQLValue.integer(1), .text("x")])
        #expect(
            template.bound(["a": .null], list: list, for: .questionMarks)
                == SQLStatement("a = ? AND id IN (?, ?) AND b = ?", [.null, .integer(1), .text("x"), .null])
        )
        #expect(
            template.bound(["a": .null], list: list, for: .numbered)
                == SQLStatement("a = $1 AND id = ANY($2) AND b = $3", [.null, .list(["1", "x"]), .null])
        )
        let negated = try SQLTemplate("id NOT IN (:id)")
        #expect(negated.bound([:], list: list, for: .numbered).text == "id NOT IN ($1, $2)")
    }

    @Test(arguments: [
        ("42", SQLValue.integer(42)), ("-1", .integer(-1)), ("042", .text("042")), ("+1", .text("+1")),
        ("1.5", .text("1.5")),
        ("", .text("")), ("99999999999999999999", .text("99999999999999999999")), ("' OR 1=1 --", .text("' OR 1=1 --")),
    ])
    func `a variable is a number only if it is written as one`(_ text: String, _ value: SQLValue) {
        #expect(SQLValue(variable: text) == value)
    }

    @Test func `a row is a JSON object`() {
        let row = SQLRow(columns: [
            .init(name: "n", value: .integer(1)), .init(name: "q\"", value: .text("a\n")),
            .init(name: "r", value: .real(1.5)),
            .init(name: "w", value: .real(3)), .init(name: "i", value: .real(.infinity)),
            .init(name: "z", value: .null),
            .init(name: "b", value: .boolean(true)), .init(name: "d", value: .number("1.10")),
            .init(name: "j", value: .json("[1]")), .init(name: "x", value: .bytes([1, 2, 255])),
        ])
        #expect(
            row.json()
                == #"{"n":1,"q\"":"a\n","r":1.5,"w":3,"i":null,"z":null,"b":true,"d":1.10,"j":[1],"x":"AQL/"}"#
        )
        #expect(SQLRow(columns: []).json() == "{}")
        #expect(row.json(without: "n").hasPrefix(#"{"q\""#))
    }
}
