/// A URI template of RFC 6570 read forwards: gives the topic for values of its variables.
///
/// ```swift
/// let expansion = URITemplateExpansion(try URITemplate("users/{user_id}/notices"))
/// expansion.text(with: ["user_id": "a b"])    // "users/a%20b/notices"
/// ```
///
/// Values are strings; a variable without one is undefined. An immutable value.
package struct URITemplateExpansion: Sendable {
    private let parts: [URITemplatePart]

    /// Takes the template apart.
    package init(_ template: URITemplate) {
        guard let parts = try? URITemplateParser.parts(of: template.text) else {
            preconditionFailure("a template was read before")
        }
        self.parts = parts
    }

    /// The text that the template gives (RFC 6570 §3.2).
    package func text(with values: [String: String]) -> String {
        var bytes: [UInt8] = []
        for part in self.parts {
            switch part {
            case .literal(let literal): bytes += literal
            case .encodable(let byte): PercentEncoding.append(byte, to: &bytes)
            case .expression(let expression): Self.append(expression, with: values, to: &bytes)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func append(
        _ expression: URITemplateExpression,
        with values: [String: String],
        to bytes: inout [UInt8]
    ) {
        let form = expression.form
        var isFirst = true
        for variable in expression.variables {
            guard var value = values[variable.name] else { continue }
            if isFirst {
                if let first = form.first { bytes.append(first) }
                isFirst = false
            } else {
                bytes.append(form.separator)
            }
            if case .length(let limit) = variable.modifier {
                value = String(String.UnicodeScalarView(value.unicodeScalars.prefix(Int(limit))))
            }
            if form.isNamed {
                bytes += Array(variable.name.utf8)
                if value.isEmpty, !form.emptyKeepsEquals { continue }
                bytes.append(UInt8(ascii: "="))
            }
            Self.append(Array(value.utf8), keepingReserved: form.allowsReserved, to: &bytes)
        }
    }

    private static func append(_ value: [UInt8], keepingReserved: Bool, to bytes: inout [UInt8]) {
        let kept: URITemplateAlphabet = keepingReserved ? .reserved : .unreserved
        value.withUnsafeBufferPointer { value in
            var index = 0
            while index < value.count {
                // What is encoded already stays so where reserved characters do (§3.2.3).
                if keepingReserved, PercentEncoding.byte(in: value, at: index) != nil {
                    bytes += value[index..<index + 3]
                    index += 3
                    continue
                }
                let byte = value[index]
                if URITemplateAlphabet.all(with: byte).contains(kept) {
                    bytes.append(byte)
                } else {
                    PercentEncoding.append(byte, to: &bytes)
                }
                index += 1
            }
        }
    }
}

extension PercentEncoding {
    private static let hexDigits = Array("0123456789ABCDEF".utf8)

    /// Appends a byte's three characters.
    static func append(_ byte: UInt8, to bytes: inout [UInt8]) {
        bytes += [UInt8(ascii: "%"), self.hexDigits[Int(byte >> 4)], self.hexDigits[Int(byte & 15)]]
    }
}
