#if MySQL
import CMariaDB

/// A column of an answer: its name, and what its type becomes.
struct MySQLColumn {
    /// How the library is asked for a value.
    enum Form {
        case integer
        case real
        case float
        case time
        case bytes

        var type: enum_field_types {
            switch self {
            case .integer: MYSQL_TYPE_LONGLONG
            case .real: MYSQL_TYPE_DOUBLE
            case .float: MYSQL_TYPE_FLOAT
            case .time: MYSQL_TYPE_DATETIME
            case .bytes: MYSQL_TYPE_BLOB
            }
        }
    }

    let name: String
    let form: Form
    let isUnsigned: Bool
    private let type: enum_field_types
    private let isBinary: Bool
    private let isJSON: Bool
    private let fractionDigits: Int

    init(_ field: MYSQL_FIELD) {
        self.name = String(cString: field.name)
        self.type = field.type
        self.isUnsigned = field.flags & UInt32(UNSIGNED_FLAG) != 0
        // The number of the character set `binary`.
        self.isBinary = field.charsetnr == 63
        self.fractionDigits = Int(field.decimals)
        self.form = Self.form(of: field.type)
        self.isJSON = field.type == MYSQL_TYPE_JSON || Self.hasFormatJSON(field)
    }

    private static func form(of type: enum_field_types) -> Form {
        switch type {
        case MYSQL_TYPE_TINY, MYSQL_TYPE_SHORT, MYSQL_TYPE_LONG, MYSQL_TYPE_INT24, MYSQL_TYPE_LONGLONG, MYSQL_TYPE_YEAR:
            .integer
        case MYSQL_TYPE_DOUBLE: .real
        case MYSQL_TYPE_FLOAT: .float
        case MYSQL_TYPE_DATE, MYSQL_TYPE_NEWDATE, MYSQL_TYPE_TIME, MYSQL_TYPE_DATETIME, MYSQL_TYPE_TIMESTAMP: .time
        default: .bytes
        }
    }

    /// JSON of MariaDB is a text whose column says so, since its version 10.5.
    private static func hasFormatJSON(_ field: MYSQL_FIELD) -> Bool {
        var field = field
        var format = MARIADB_CONST_STRING()
        guard mariadb_field_attr(&format, &field, MARIADB_FIELD_ATTR_FORMAT_NAME) == 0, let bytes = format.str else {
            return false
        }
        return UnsafeRawBufferPointer(start: bytes, count: format.length).elementsEqual("json".utf8)
    }

    /// A value that has the form of bytes.
    func value(of bytes: [UInt8]) -> SQLValue {
        switch self.type {
        case MYSQL_TYPE_DECIMAL, MYSQL_TYPE_NEWDECIMAL: SQLValue(number: String(decoding: bytes, as: UTF8.self))
        case MYSQL_TYPE_BIT: SQLValue(unsigned: bytes.reduce(0) { $0 << 8 | UInt64($1) })
        case MYSQL_TYPE_GEOMETRY: .bytes(bytes)
        case _ where self.isJSON: .json(String(decoding: bytes, as: UTF8.self))
        case _ where self.isBinary: .bytes(bytes)
        default: .text(String(decoding: bytes, as: UTF8.self))
        }
    }

    /// `2026-11-22`, `2026-11-22T15:04:05.5` or `-838:59:59`: times of MySQL have no zone.
    func text(of time: MYSQL_TIME) -> String {
        let date = "\(time.year.padded(4))-\(time.month.padded(2))-\(time.day.padded(2))"
        let fraction = time.second_part.padded(6).prefix(
            (1...6).contains(self.fractionDigits) ? self.fractionDigits : 0
        )
        let clock =
            "\(time.hour.padded(2)):\(time.minute.padded(2)):\(time.second.padded(2))"
            + (fraction.isEmpty ? "" : ".\(fraction)")
        switch self.type {
        case MYSQL_TYPE_DATE, MYSQL_TYPE_NEWDATE: return date
        case MYSQL_TYPE_TIME: return (time.neg != 0 ? "-" : "") + clock
        default: return "\(date)T\(clock)"
        }
    }
}

extension SQLValue {
    /// One too large for `integer` keeps its digits.
    init(unsigned value: UInt64) {
        self = Int64(exactly: value).map(SQLValue.integer) ?? .number(String(value))
    }
}

extension BinaryInteger {
    fileprivate func padded(_ width: Int) -> String {
        let digits = String(self)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
#endif
