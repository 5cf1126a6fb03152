import Foundation
import Martlet

extension SQLRow {
    /// The row as a JSON object, without one of its columns if that is named.
    package func json(without hidden: String? = nil) -> String {
        let members = self.columns.filter { $0.name != hidden }.map { column in
            JSONText.quoted(column.name) + ":" + column.value.json
        }
        return "{" + members.joined(separator: ",") + "}"
    }

    /// The text of a column, as a topic's variable would have it; nil if there is no such column.
    package func text(of name: String) -> String? {
        guard let column = self.columns.first(where: { $0.name == name }) else { return nil }
        return switch column.value {
        case .null: ""
        case .boolean(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .real(let value): "\(value)"
        case .number(let text), .text(let text), .json(let text): text
        case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
        case .list(let texts): texts.joined(separator: ",")
        }
    }
}

extension SQLValue {
    /// The value as JSON. What JSON has no number for is `null`.
    package var json: String {
        switch self {
        case .null: "null"
        case .boolean(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .real(let value): value.isFinite ? Self.number(value) : "null"
        case .number(let digits), .json(let digits): digits
        case .text(let text): JSONText.quoted(text)
        case .bytes(let bytes): JSONText.quoted(Data(bytes).base64EncodedString())
        case .list(let texts): "[" + texts.map { JSONText.quoted($0) }.joined(separator: ",") + "]"
        }
    }

    private static func number(_ value: Double) -> String {
        // A whole one without its ".0", which no other language writes.
        Int64(exactly: value).map { "\($0)" } ?? "\(value)"
    }
}
