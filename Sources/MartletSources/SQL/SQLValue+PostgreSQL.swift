#if PostgreSQL
extension SQLValue {
    /// The value as a parameter in text form, whose type the server infers from the query.
    var postgreSQLText: String? {
        switch self {
        case .null: nil
        case .boolean(let value): value ? "true" : "false"
        case .integer(let value): String(value)
        case .real(let value): value.isFinite ? "\(value)" : value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity"
        case .number(let text), .text(let text), .json(let text): text
        case .bytes(let bytes): Self.bytea(bytes)
        case .list(let texts): PostgreSQLArray.literal(texts)
        }
    }

    private static func bytea(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return "\\x" + String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
#endif
