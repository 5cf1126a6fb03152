/// A URI template in pieces, with plain readings of RFC 6570 to hold the real one against.
struct URITemplateModel {
    struct Variable {
        var name: String
        var length: Int?
        var isExploded = false
    }

    enum Part {
        case literal(String)
        case expression(operator: String, variables: [Variable])
    }

    enum Value {
        case string(String)
        case list([String])
        case pairs([(String, String)])
    }

    var parts: [Part]

    var text: String {
        self.parts.map { part in
            switch part {
            case .literal(let text): text
            case .expression(let sign, let variables):
                "{" + sign
                    + variables.map { variable in
                        variable.name + (variable.length.map { ":\($0)" } ?? "") + (variable.isExploded ? "*" : "")
                    }.joined(separator: ",") + "}"
            }
        }.joined()
    }
}

/// The table of RFC 6570, appendix A.
struct URITemplateRow {
    let first: String
    let separator: String
    let isNamed: Bool
    let ifEmpty: String
    let isReserved: Bool

    static func row(of sign: String) -> URITemplateRow {
        func row(_ first: String, _ separator: String, _ isNamed: Bool, _ ifEmpty: String, _ isReserved: Bool) -> Self {
            Self(first: first, separator: separator, isNamed: isNamed, ifEmpty: ifEmpty, isReserved: isReserved)
        }
        return switch sign {
        case "+": row("", ",", false, "", true)
        case ".": row(".", ".", false, "", false)
        case "/": row("/", "/", false, "", false)
        case ";": row(";", ";", true, "", false)
        case "?": row("?", "&", true, "=", false)
        case "&": row("&", "&", true, "=", false)
        case "#": row("#", ",", false, "", true)
        default: row("", ",", false, "", false)
        }
    }
}

extension URITemplateModel {
    /// RFC 6570, appendix A, step by step.
    func expanded(with values: [String: Value]) -> String {
        self.parts.map { part in
            switch part {
            case .literal(let text): Self.encoded(text, isReserved: true)
            case .expression(let sign, let variables): Self.expanded(sign, variables, values)
            }
        }.joined()
    }

    private static func expanded(_ sign: String, _ variables: [Variable], _ values: [String: Value]) -> String {
        let row = URITemplateRow.row(of: sign)
        var result = ""
        var isFirst = true
        for variable in variables {
            guard let value = values[variable.name], !value.isUndefined else { continue }
            result += isFirst ? row.first : row.separator
            isFirst = false
            result += self.expanded(variable, value, row)
        }
        return result
    }

    private static func expanded(_ variable: Variable, _ value: Value, _ row: URITemplateRow) -> String {
        func encoded(_ text: String) -> String { self.encoded(text, isReserved: row.isReserved) }
        func named(_ name: String, _ text: String) -> String {
            row.isNamed ? name + (text.isEmpty ? row.ifEmpty : "=" + encoded(text)) : encoded(text)
        }
        switch value {
        case .string(let text):
            let shown = variable.length.map { String(String.UnicodeScalarView(text.unicodeScalars.prefix($0))) }
            return named(variable.name, shown ?? text)
        case .list(let members) where variable.isExploded:
            return members.map { named(variable.name, $0) }.joined(separator: row.separator)
        case .pairs(let pairs) where variable.isExploded:
            return pairs.map { key, text in
                row.isNamed ? named(encoded(key), text) : encoded(key) + "=" + encoded(text)
            }.joined(separator: row.separator)
        case .list(let members):
            return (row.isNamed ? variable.name + "=" : "") + members.map(encoded).joined(separator: ",")
        case .pairs(let pairs):
            return (row.isNamed ? variable.name + "=" : "")
                + pairs.map { encoded($0) + "," + encoded($1) }.joined(separator: ",")
        }
    }

    static let unreserved = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)
    static let reserved = Set(":/?#[]@!$&'()*+,;=".utf8)

    private static func encoded(_ text: String, isReserved: Bool) -> String {
        let bytes = Array(text.utf8)
        var result = ""
        for (index, byte) in bytes.enumerated() {
            let isEncoding =
                isReserved && byte == 0x25 && bytes.count > index + 2
                && bytes[index + 1...index + 2].allSatisfy { self.hexadecimal.contains($0) }
            if self.unreserved.contains(byte) || isReserved && self.reserved.contains(byte) || isEncoding {
                result += String(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                result += "%" + (digits.count == 1 ? "0" : "") + digits
            }
        }
        return result
    }

    static let hexadecimal = Set("0123456789abcdefABCDEF".utf8)
}

extension URITemplateModel.Value {
    var isUndefined: Bool {
        switch self {
        case .string: false
        case .list(let members): members.isEmpty
        case .pairs(let pairs): pairs.isEmpty
        }
    }
}
