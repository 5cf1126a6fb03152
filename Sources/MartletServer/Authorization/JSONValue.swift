import Martlet

/// A JSON text, read. Numbers keep their digits, so that what is passed on says what its author wrote.
enum JSONValue: Hashable, Sendable {
    /// A name and a value of an object.
    struct Member: Hashable, Sendable {
        var name: String
        var value: JSONValue
    }

    case object([Member])
    case array([JSONValue])
    case string(String)
    case number(String)
    case bool(Bool)
    case null

    /// The value as JSON without white space between its tokens.
    var text: String {
        switch self {
        case .object(let members):
            "{" + members.map { "\(JSONText.quoted($0.name)):\($0.value.text)" }.joined(separator: ",") + "}"
        case .array(let elements): "[" + elements.map(\.text).joined(separator: ",") + "]"
        case .string(let string): JSONText.quoted(string)
        case .number(let digits): digits
        case .bool(let isTrue): isTrue ? "true" : "false"
        case .null: "null"
        }
    }

    /// The text of a string.
    var string: String? {
        if case .string(let string) = self { string } else { nil }
    }
}

extension [JSONValue.Member] {
    /// The value of that name, unless it is absent or `null`. Bytes are compared: two spellings of a character are two
    /// names.
    subscript(_ name: String) -> JSONValue? {
        guard let value = self.first(where: { $0.name.utf8.elementsEqual(name.utf8) })?.value, value != .null else {
            return nil
        }
        return value
    }
}
