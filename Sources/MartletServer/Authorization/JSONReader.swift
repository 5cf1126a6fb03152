/// Reads JSON (RFC 8259) that a stranger wrote.
///
/// Foundation's decoder gives numbers as what they are nearest to and objects as one of their duplicates, and goes 512
/// levels deep; this one keeps the digits, refuses duplicates, and stops at ``maximumDepth``.
struct JSONReader {
    /// How deep arrays and objects may be nested: far more than claims need, far less than a stack holds.
    static let maximumDepth = 64

    let bytes: [UInt8]
    var index = 0
    private var depth = 0

    /// Reads the one value that `bytes` are.
    static func read(_ bytes: [UInt8]) throws(JSONError) -> JSONValue {
        guard String(validating: bytes, as: Unicode.UTF8.self) != nil else { throw JSONError("It is not UTF-8.") }
        var reader = JSONReader(bytes: bytes)
        let value = try reader.value()
        reader.skipSpace()
        guard reader.index == bytes.count else { throw reader.unexpected }
        return value
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    var unexpected: JSONError {
        JSONError(self.index < self.bytes.count ? "It is not JSON at byte \(self.index)." : "It ends too early.")
    }

    var next: UInt8? { self.index < self.bytes.count ? self.bytes[self.index] : nil }

    /// Takes `byte` if it comes next.
    mutating func take(_ byte: Unicode.Scalar) -> Bool {
        guard self.next == UInt8(ascii: byte) else { return false }
        self.index += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = self.next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { self.index += 1 }
    }

    private mutating func value() throws(JSONError) -> JSONValue {
        self.skipSpace()
        switch self.next {
        case UInt8(ascii: "{"): return try self.nested { reader throws(JSONError) in try reader.object() }
        case UInt8(ascii: "["): return try self.nested { reader throws(JSONError) in try reader.array() }
        case UInt8(ascii: "\""): return .string(try self.string())
        case UInt8(ascii: "t"): return try self.literal("true", .bool(true))
        case UInt8(ascii: "f"): return try self.literal("false", .bool(false))
        case UInt8(ascii: "n"): return try self.literal("null", .null)
        default: return .number(try self.number())
        }
    }

    private mutating func nested(
        _ read: (inout JSONReader) throws(JSONError) -> JSONValue
    ) throws(JSONError) -> JSONValue {
        guard self.depth < Self.maximumDepth else {
            throw JSONError("It is nested more than \(Self.maximumDepth) levels deep.")
        }
        self.index += 1
        self.depth += 1
        let value = try read(&self)
        self.depth -= 1
        return value
    }

    private mutating func object() throws(JSONError) -> JSONValue {
        var members: [JSONValue.Member] = []
        var names: Set<[UInt8]> = []
        self.skipSpace()
        if self.take("}") { return .object([]) }
        repeat {
            self.skipSpace()
            let name = try self.string()
            // RFC 7519 §4: refused, or whoever checks one of the two is fooled by the other.
            guard names.insert(Array(name.utf8)).inserted else { throw JSONError("An object has one name twice.") }
            self.skipSpace()
            guard self.take(":") else { throw self.unexpected }
            members.append(JSONValue.Member(name: name, value: try self.value()))
            self.skipSpace()
        } while self.take(",")
        guard self.take("}") else { throw self.unexpected }
        return .object(members)
    }

    private mutating func array() throws(JSONError) -> JSONValue {
        var elements: [JSONValue] = []
        self.skipSpace()
        if self.take("]") { return .array([]) }
        repeat {
            elements.append(try self.value())
            self.skipSpace()
        } while self.take(",")
        guard self.take("]") else { throw self.unexpected }
        return .array(elements)
    }

    private mutating func literal(_ text: String, _ value: JSONValue) throws(JSONError) -> JSONValue {
        guard self.bytes[self.index...].starts(with: text.utf8) else { throw self.unexpected }
        self.index += text.utf8.count
        return value
    }
}
