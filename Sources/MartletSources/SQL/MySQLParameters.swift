#if MySQL
import CMariaDB

/// The arguments of a query where the library reads them from; they are there as long as this is.
final class MySQLParameters {
    let binds: UnsafeMutableBufferPointer<MYSQL_BIND>
    private var storage: [UnsafeMutableRawBufferPointer] = []

    init(_ arguments: [SQLValue]) {
        self.binds = .allocate(capacity: arguments.count)
        self.binds.initialize(repeating: MYSQL_BIND())
        for (index, argument) in arguments.enumerated() { self.bind(index, argument) }
    }

    deinit {
        self.binds.deallocate()
        for buffer in self.storage { buffer.deallocate() }
    }

    private func bind(_ index: Int, _ argument: SQLValue) {
        switch argument {
        case .null, .list: self.binds[index].buffer_type = MYSQL_TYPE_NULL
        case .boolean(let value): self.bind(index, MYSQL_TYPE_LONGLONG, Int64(value ? 1 : 0))
        case .integer(let value): self.bind(index, MYSQL_TYPE_LONGLONG, value)
        case .real(let value): self.bind(index, MYSQL_TYPE_DOUBLE, value)
        case .number(let text): self.bind(index, MYSQL_TYPE_NEWDECIMAL, bytes: Array(text.utf8))
        case .text(let text), .json(let text): self.bind(index, MYSQL_TYPE_STRING, bytes: Array(text.utf8))
        case .bytes(let bytes): self.bind(index, MYSQL_TYPE_BLOB, bytes: bytes)
        }
    }

    private func bind(_ index: Int, _ type: enum_field_types, _ value: some BitwiseCopyable) {
        withUnsafeBytes(of: value) { self.bind(index, type, bytes: Array($0)) }
    }

    private func bind(_ index: Int, _ type: enum_field_types, bytes: [UInt8]) {
        // At least one byte: an empty buffer may have no address, which would mean NULL.
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, bytes.count), alignment: 8)
        buffer.copyBytes(from: bytes)
        self.storage.append(buffer)
        self.binds[index].buffer_type = type
        self.binds[index].buffer = buffer.baseAddress
        self.binds[index].buffer_length = UInt(bytes.count)
        // Without a pointer the library takes it from here.
        self.binds[index].length_value = UInt(bytes.count)
    }
}
#endif
