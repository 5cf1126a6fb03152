#if MySQL
import CMariaDB

/// The answer of a statement that was run, row by row. It lives until the statement runs again.
final class MySQLResult {
    /// The statement says why.
    struct Broken: Error {}

    /// Where the library puts a column's value: any fixed one fits.
    private struct Slot {
        var value: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0)
        var length: UInt = 0
        var isNull: my_bool = 0
        var isTruncated: my_bool = 0
    }

    private let statement: UnsafeMutablePointer<MYSQL_STMT>
    private let metadata: UnsafeMutablePointer<MYSQL_RES>
    private let columns: [MySQLColumn]
    private let binds: UnsafeMutableBufferPointer<MYSQL_BIND>
    private let slots: UnsafeMutableBufferPointer<Slot>

    /// - Returns: `nil` for a statement without rows.
    init?(_ statement: UnsafeMutablePointer<MYSQL_STMT>) {
        guard let metadata = mysql_stmt_result_metadata(statement) else { return nil }
        self.statement = statement
        self.metadata = metadata
        let count = Int(mysql_num_fields(metadata))
        self.columns = UnsafeBufferPointer(start: mysql_fetch_fields(metadata), count: count).map(MySQLColumn.init)
        self.binds = .allocate(capacity: count)
        self.binds.initialize(repeating: MYSQL_BIND())
        self.slots = .allocate(capacity: count)
        self.slots.initialize(repeating: Slot())
        for index in 0..<count { self.bind(index) }
        mysql_stmt_bind_result(statement, self.binds.baseAddress)
    }

    deinit {
        mysql_free_result(self.metadata)
        self.binds.deallocate()
        self.slots.deallocate()
    }

    /// - Returns: the next row, or `nil` after the last. Values past the limit are not copied.
    func next(_ bytes: inout Int, limit: Int) throws(Broken) -> SQLRow? {
        switch mysql_stmt_fetch(self.statement) {
        case 0, MYSQL_DATA_TRUNCATED: break
        case MYSQL_NO_DATA: return nil
        default: throw Broken()
        }
        var row = SQLRow(columns: [])
        row.columns.reserveCapacity(self.columns.count)
        for (index, column) in self.columns.enumerated() {
            let isNull = self.slots[index].isNull != 0
            if !isNull { bytes += column.form == .bytes ? Int(self.slots[index].length) : 8 }
            let value = isNull || bytes > limit ? SQLValue.null : try self.value(index, column)
            row.columns.append(SQLRow.Column(name: column.name, value: value))
        }
        return row
    }

    private func bind(_ index: Int) {
        let slot = self.slots.baseAddress!.advanced(by: index)
        let base = UnsafeMutableRawPointer(slot)
        self.binds[index].buffer_type = self.columns[index].form.type
        self.binds[index].is_unsigned = self.columns[index].isUnsigned ? 1 : 0
        self.binds[index].buffer = base
        // Of bytes only the length is asked for first.
        self.binds[index].buffer_length =
            self.columns[index].form == .bytes ? 0 : UInt(MemoryLayout.size(ofValue: slot.pointee.value))
        self.binds[index].length = base.advanced(by: MemoryLayout<Slot>.offset(of: \.length)!).assumingMemoryBound(
            to: UInt.self
        )
        self.binds[index].is_null = base.advanced(by: MemoryLayout<Slot>.offset(of: \.isNull)!).assumingMemoryBound(
            to: my_bool.self
        )
        self.binds[index].error = base.advanced(by: MemoryLayout<Slot>.offset(of: \.isTruncated)!).assumingMemoryBound(
            to: my_bool.self
        )
    }

    private func value(_ index: Int, _ column: MySQLColumn) throws(Broken) -> SQLValue {
        let slot = UnsafeRawPointer(self.slots.baseAddress!.advanced(by: index))
        switch column.form {
        case .integer:
            return column.isUnsigned
                ? SQLValue(unsigned: slot.load(as: UInt64.self)) : .integer(slot.load(as: Int64.self))
        case .real: return SQLValue(real: slot.load(as: Double.self))
        // By its shortest text, so that 0.1 stays 0.1.
        case .float: return SQLValue(real: Double("\(slot.load(as: Float.self))") ?? .nan)
        case .time: return .text(column.text(of: slot.load(as: MYSQL_TIME.self)))
        case .bytes: return column.value(of: try self.bytes(index))
        }
    }

    private func bytes(_ index: Int) throws(Broken) -> [UInt8] {
        let count = Int(self.slots[index].length)
        guard count > 0 else { return [] }
        var isFetched = false
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            var length: UInt = 0
            var bind = MYSQL_BIND()
            bind.buffer_type = MYSQL_TYPE_BLOB
            bind.buffer = UnsafeMutableRawPointer(buffer.baseAddress)
            bind.buffer_length = UInt(count)
            isFetched = withUnsafeMutablePointer(to: &length) { length in
                bind.length = length
                return mysql_stmt_fetch_column(self.statement, &bind, UInt32(index), 0) == 0
            }
            initialized = isFetched ? count : 0
        }
        guard isFetched else { throw Broken() }
        return bytes
    }
}
#endif
