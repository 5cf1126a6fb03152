/// A query with named parameters, `:user_id`, as a user writes it.
///
/// Parameters are found where SQL has them and nowhere else: not in strings, quoted names or comments, and `::type` is a
/// cast. They are only ever bound, so what stands in a topic can't become SQL.
package struct SQLTemplate: Sendable, Hashable {
    private enum Part: Hashable {
        case text(String)
        case parameter(String)
    }

    private let parts: [Part]
    /// The query as it was written.
    package let text: String

    /// The names of its parameters, each once, in their order.
    package var parameters: [String] {
        var names: [String] = []
        for case .parameter(let name) in self.parts where !names.contains(name) { names.append(name) }
        return names
    }

    /// Reads a query; a sentence says what is wrong with it.
    package init(_ text: String) throws(SQLError) {
        var scanner = Scanner(text)
        var parts: [Part] = []
        var literal = ""
        while let piece = try scanner.next() {
            switch piece {
            case .text(let text): literal += text
            case .parameter(let name):
                parts += [.text(literal), .parameter(name)]
                literal = ""
            }
        }
        parts.append(.text(literal))
        guard !text.utf8.allSatisfy({ $0 <= 0x20 }) else { throw SQLError(.query, "the query is empty") }
        self.parts = parts
        self.text = text
    }

    /// The query with its parameters bound: to one value each, or one of them to several.
    ///
    /// - Parameters:
    ///   - list: the parameter that stands in `IN (:name)`, and its values, at least one.
    package func bound(
        _ values: [String: SQLValue],
        list: (name: String, values: [SQLValue])? = nil,
        for placeholders: SQLPlaceholders
    ) -> SQLStatement {
        var statement = SQLStatement("")
        func add(_ value: SQLValue) {
            statement.arguments.append(value)
            statement.text += placeholders == .numbered ? "$\(statement.arguments.count)" : "?"
        }
        for part in self.parts {
            switch part {
            case .text(let text): statement.text += text
            case .parameter(let name):
                if let list, list.name == name {
                    if placeholders == .numbered, statement.text.cutIn() {
                        // One parameter however many values, so that the database knows the query again.
                        statement.arguments.append(.list(list.values.map(\.text)))
                        statement.text += "= ANY($\(statement.arguments.count)"
                        continue
                    }
                    for (number, value) in list.values.enumerated() {
                        if number > 0 { statement.text += ", " }
                        add(value)
                    }
                } else {
                    add(values[name] ?? .null)
                }
            }
        }
        return statement
    }

    /// Cuts SQL at its parameters.
    private struct Scanner {
        private var rest: Substring.UTF8View

        init(_ text: String) {
            self.rest = Substring(text).utf8
        }

        mutating func next() throws(SQLError) -> Part? {
            guard let first = self.rest.first else { return nil }
            switch first {
            case UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "`"): return .text(try self.quoted(by: first))
            case UInt8(ascii: "-") where self.rest.starts(with: "--".utf8):
                return .text(self.take(self.rest.firstIndex(of: UInt8(ascii: "\n")) ?? self.rest.endIndex))
            case UInt8(ascii: "/") where self.rest.starts(with: "/*".utf8): return .text(try self.comment())
            case UInt8(ascii: "$"): return .text(self.dollarQuoted() ?? self.take(1))
            case UInt8(ascii: ":"):
                if self.rest.starts(with: "::".utf8) { return .text(self.take(2)) }
                let name = self.rest.dropFirst().prefix(while: Self.isName)
                guard let start = name.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(start) else {
                    return .text(self.take(1))
                }
                self.rest = self.rest[name.endIndex...]
                return .parameter(String(Substring(name)))
            default:
                let end = self.rest.dropFirst().firstIndex { "'\"`-/$:".utf8.contains($0) } ?? self.rest.endIndex
                return .text(self.take(end))
            }
        }

        private mutating func take(_ count: Int) -> String {
            self.take(self.rest.index(self.rest.startIndex, offsetBy: count))
        }

        private mutating func take(_ end: Substring.UTF8View.Index) -> String {
            defer { self.rest = self.rest[end...] }
            return String(Substring(self.rest[..<end]))
        }

        /// Up to the closing quote; one that is doubled is none. A backslash is nothing special in standard SQL, and in
        /// MySQL a query that needs one can be written without.
        private mutating func quoted(by quote: UInt8) throws(SQLError) -> String {
            guard let end = self.rest.dropFirst().firstIndex(of: quote) else {
                throw SQLError(.query, "the query has a \(Character(Unicode.Scalar(quote))) that nothing closes")
            }
            return self.take(self.rest.index(after: end))
        }

        private mutating func comment() throws(SQLError) -> String {
            var index = self.rest.index(self.rest.startIndex, offsetBy: 2)
            while let star = self.rest[index...].firstIndex(of: UInt8(ascii: "*")) {
                index = self.rest.index(after: star)
                if index < self.rest.endIndex, self.rest[index] == UInt8(ascii: "/") {
                    return self.take(self.rest.index(after: index))
                }
            }
            throw SQLError(.query, "the query has a /* that nothing closes")
        }

        /// `$$…$$` or `$tag$…$tag$` of PostgreSQL; nil if it is none.
        private mutating func dollarQuoted() -> String? {
            let tag = self.rest.dropFirst().prefix(while: Self.isName)
            guard tag.endIndex < self.rest.endIndex, self.rest[tag.endIndex] == UInt8(ascii: "$") else { return nil }
            let opening = String(Substring(self.rest[...tag.endIndex]))
            var index = self.rest.index(after: tag.endIndex)
            while let dollar = self.rest[index...].firstIndex(of: UInt8(ascii: "$")) {
                if self.rest[dollar...].starts(with: opening.utf8) {
                    return self.take(self.rest.index(dollar, offsetBy: opening.utf8.count))
                }
                index = self.rest.index(after: dollar)
            }
            return nil
        }

        private static func isName(_ byte: UInt8) -> Bool {
            byte == UInt8(ascii: "_") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
        }
    }
}

extension String {
    /// Takes `IN (` off the end, if it is there and no `NOT` before it.
    fileprivate mutating func cutIn() -> Bool {
        var rest = self.utf8.reversed().drop { $0 <= 0x20 }
        guard rest.popFirst() == UInt8(ascii: "(") else { return false }
        rest = rest.drop { $0 <= 0x20 }
        guard let last = rest.popFirst(), last | 0x20 == UInt8(ascii: "n"), let first = rest.popFirst(),
            first | 0x20 == UInt8(ascii: "i"), let before = rest.first, before <= 0x20 || before == UInt8(ascii: ")")
        else { return false }
        let word = rest.drop { $0 <= 0x20 }.prefix(3).map { $0 | 0x20 }
        guard !word.elementsEqual("ton".utf8) else { return false }
        self = String(decoding: rest.reversed(), as: UTF8.self)
        return true
    }
}

extension SQLValue {
    /// The value as the text of a parameter.
    fileprivate var text: String {
        switch self {
        case .integer(let number): "\(number)"
        case .text(let text), .number(let text), .json(let text): text
        default: self.json
        }
    }
}
