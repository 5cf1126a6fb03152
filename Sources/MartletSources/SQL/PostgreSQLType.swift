#if PostgreSQL
/// What PostgreSQL's types become, by their numbers in its catalogue, which never change (`pg_type.dat`).
enum PostgreSQLType {
    /// A column's value from its text form.
    static func value(_ text: UnsafeRawBufferPointer, type: UInt32) -> SQLValue {
        if type == 17 { return Self.bytea(text) }
        let string = String(decoding: text, as: UTF8.self)
        if let element = Self.elements[type], let json = Self.json(array: string, of: element) { return .json(json) }
        return Self.value(string, type: type)
    }

    private static func value(_ text: String, type: UInt32) -> SQLValue {
        switch type {
        case 16: .boolean(text == "t")
        case 20, 21, 23, 26: Int64(text).map(SQLValue.integer) ?? .text(text)
        case 700, 701: Double(text).map(SQLValue.init(real:)) ?? .text(text)
        case 1700: SQLValue(number: text)
        case 114, 3802: .json(text)
        case 1114, 1184: .text(Self.iso8601(text))
        default: .text(text)
        }
    }

    /// Array types whose elements are written between commas and become JSON of their own, by element.
    private static let elements: [UInt32: UInt32] = [
        1000: 16, 1005: 21, 1007: 23, 1016: 20, 1028: 26, 1021: 700, 1022: 701, 1231: 1700, 199: 114, 3807: 3802,
        // text, varchar, bpchar, name, uuid, date, timestamp, timestamptz
        1009: 25, 1015: 25, 1014: 25, 1003: 25, 2951: 25, 1182: 25, 1115: 1114, 1185: 1184,
    ]

    private static func json(array: String, of element: UInt32) -> String? {
        PostgreSQLArray.json(array) { text in
            switch Self.value(text, type: element) {
            case .boolean(let value): String(value)
            case .integer(let value): String(value)
            case .real(let value): SQLValue.isJSONNumber(text.utf8) ? text : "\(value)"
            case .number(let value), .json(let value): value
            case .text(let value): Self.quoted(value)
            case .null, .bytes, .list: "null"
            }
        }
    }

    /// A JSON string (RFC 8259 §7).
    private static func quoted(_ text: String) -> String {
        var bytes: [UInt8] = [UInt8(ascii: "\"")]
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case 0..<0x20: bytes += Array("\\u00\(byte < 16 ? "0" : "")\(String(byte, radix: 16))".utf8)
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
        return String(decoding: bytes, as: UTF8.self)
    }

    /// `\x` and two digits for each byte, as the session asks for.
    private static func bytea(_ text: UnsafeRawBufferPointer) -> SQLValue {
        func nibble(_ byte: UInt8) -> UInt8 { byte < 0x40 ? byte - 0x30 : (byte | 0x20) - 0x61 + 10 }
        return .bytes(
            stride(from: 2, to: text.count - 1, by: 2).map { nibble(text[$0]) << 4 | nibble(text[$0 + 1]) }
        )
    }

    /// `2026-11-22 15:04:05.5+00` as `2026-11-22T15:04:05.5Z`. What ISO 8601 can't say, such as `infinity` or a year
    /// before Christ, stays as it is.
    static func iso8601(_ text: String) -> String {
        var bytes = Array(text.utf8)
        guard let space = bytes.firstIndex(of: UInt8(ascii: " ")), !text.hasSuffix(" BC") else { return text }
        bytes[space] = UInt8(ascii: "T")
        if let sign = bytes[space...].lastIndex(where: { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") }) {
            let zone = bytes[sign...]
            if zone.elementsEqual("+00".utf8) {
                bytes.replaceSubrange(sign..., with: "Z".utf8)
            } else if zone.count == 3 {
                bytes += Array(":00".utf8)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
#endif
