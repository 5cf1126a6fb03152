/// Reads a URI template (RFC 6570 §2).
///
/// A cursor over the bytes of one text, used for one reading.
struct URITemplateParser {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var index = 0

    /// The pieces of a template, with literals that touch joined into one.
    static func parts(of text: String) throws(UpdateError) -> [URITemplatePart] {
        let count = text.utf8.count
        guard count > 0 else { throw self.error("A URI template must not be empty.") }
        guard count <= URITemplate.maxBytes else {
            throw self.error("A URI template is \(count) bytes long; at most \(URITemplate.maxBytes) are allowed.")
        }
        guard !text.utf8.contains(where: { $0 == 0x0A || $0 == 0x0D || $0 == 0 }) else {
            throw self.error("A URI template must not contain a line break (CR or LF) or NUL.")
        }
        var text = text
        let result = text.withUTF8 { bytes in
            var parser = URITemplateParser(bytes: bytes)
            return Result { () throws(UpdateError) in try parser.parts() }
        }
        return try result.get()
    }

    private init(bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    private var current: UInt8? { self.index < self.bytes.count ? self.bytes[self.index] : nil }

    private mutating func parts() throws(UpdateError) -> [URITemplatePart] {
        var parts: [URITemplatePart] = []
        var literal: [UInt8] = []
        func flush() {
            if !literal.isEmpty { parts.append(.literal(literal)) }
            literal.removeAll()
        }
        while let byte = self.current {
            switch byte {
            case UInt8(ascii: "{"):
                flush()
                parts.append(.expression(try self.expression()))
                continue
            case UInt8(ascii: "}"):
                throw Self.error("The URI template has a } at byte \(self.index + 1) that closes no expression.")
            case UInt8(ascii: "%") where PercentEncoding.byte(in: self.bytes, at: self.index) != nil,
                _ where URITemplateAlphabet.all(with: byte).contains(.reserved):
                literal.append(byte)
            default:
                flush()
                parts.append(.encodable(byte))
            }
            self.index += 1
        }
        flush()
        return parts
    }

    private mutating func expression() throws(UpdateError) -> URITemplateExpression {
        let start = self.index
        self.index += 1
        guard self.bytes[start...].contains(UInt8(ascii: "}")) else {
            throw Self.error("The URI template has a { at byte \(start + 1) that is never closed.")
        }
        var form = URITemplateForm.simple
        if let byte = self.current, let operated = URITemplateForm(operator: byte) {
            form = operated
            self.index += 1
        } else if let byte = self.current, "=,!@|".utf8.contains(byte) {
            throw Self.error(
                "The URI template has the operator \(self.character) at byte \(self.index + 1), which RFC 6570 reserves."
            )
        }
        guard self.current != UInt8(ascii: "}") else {
            throw Self.error("The URI template has an expression at byte \(start + 1) that names no variable.")
        }
        var variables = [try self.variable()]
        while self.current == UInt8(ascii: ",") {
            self.index += 1
            variables.append(try self.variable())
        }
        guard self.current == UInt8(ascii: "}") else { throw self.unexpectedCharacter() }
        self.index += 1
        return URITemplateExpression(form: form, variables: variables)
    }

    private mutating func variable() throws(UpdateError) -> URITemplateExpression.Variable {
        let start = self.index
        let name = try self.name()
        var modifier = URITemplateExpression.Modifier.none
        switch self.current {
        case UInt8(ascii: "*"):
            self.index += 1
            modifier = .explode
        case UInt8(ascii: ":"):
            modifier = .length(try self.length())
        default:
            return URITemplateExpression.Variable(name: name, modifier: .none)
        }
        guard self.current != UInt8(ascii: "*"), self.current != UInt8(ascii: ":") else {
            throw Self.error(
                "The URI template has a variable at byte \(start + 1) with more than one modifier (:n or *)."
            )
        }
        return URITemplateExpression.Variable(name: name, modifier: modifier)
    }

    private mutating func name() throws(UpdateError) -> String {
        let start = self.index
        while let byte = self.current {
            switch byte {
            case UInt8(ascii: "_"):
                self.index += 1
            case UInt8(ascii: "."):
                // A dot stands between two other characters.
                guard self.index > start, self.bytes[self.index - 1] != byte, !self.nameEnds(at: self.index + 1) else {
                    throw Self.error("The URI template has a misplaced dot in a name at byte \(self.index + 1).")
                }
                self.index += 1
            case UInt8(ascii: "%"):
                guard PercentEncoding.byte(in: self.bytes, at: self.index) != nil else {
                    throw Self.error(
                        "The URI template has a % at byte \(self.index + 1) without two hexadecimal digits after it."
                    )
                }
                self.index += 3
            case _ where self.nameEnds(at: self.index):
                guard self.index > start else {
                    throw Self.error("The URI template has a variable without a name at byte \(start + 1).")
                }
                return String(decoding: self.bytes[start..<self.index], as: UTF8.self)
            case UInt8(ascii: "-"), UInt8(ascii: "~"):
                throw self.unexpectedCharacter()
            case _ where URITemplateAlphabet.all(with: byte).contains(.unreserved):
                self.index += 1
            default:
                throw self.unexpectedCharacter()
            }
        }
        throw self.unexpectedCharacter()
    }

    private func nameEnds(at index: Int) -> Bool {
        index >= self.bytes.count || ",:*}".utf8.contains(self.bytes[index])
    }

    private mutating func length() throws(UpdateError) -> UInt16 {
        let start = self.index
        self.index += 1
        var length = 0
        while let byte = self.current, byte != UInt8(ascii: "}"), byte != UInt8(ascii: ","), byte != UInt8(ascii: "*") {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte), length <= 999, length > 0 || byte != 0x30
            else {
                length = 0
                break
            }
            length = 10 * length + Int(byte - UInt8(ascii: "0"))
            self.index += 1
        }
        guard length > 0 else {
            throw Self.error(
                "The URI template has a length at byte \(start + 1) that is no number from 1 to 9999."
            )
        }
        return UInt16(length)
    }

    /// The character at the cursor as a message can show it.
    private var character: String {
        let rest = String(decoding: self.bytes[self.index...].prefix(4), as: UTF8.self)
        guard let scalar = rest.unicodeScalars.first else { return "end" }
        if (0x21..<0x7F).contains(scalar.value) { return String(scalar) }
        let digits = String(scalar.value, radix: 16, uppercase: true)
        return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    private func unexpectedCharacter() -> UpdateError {
        Self.error(
            "The URI template has the character \(self.character) at byte \(self.index + 1), "
                + "which an expression cannot hold there."
        )
    }

    private static func error(_ message: String) -> UpdateError {
        UpdateError(code: .topic, message: message)
    }
}
