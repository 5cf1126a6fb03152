package import NIOCore

extension RESPToken {
    /// The bytes of a string of any kind, a verbatim string's without its format; `nil` for what is no string.
    package var bytes: ByteBuffer? {
        switch self {
        case .simpleString(let bytes), .bulkString(let bytes): bytes
        case .verbatimString(let bytes): bytes.getSlice(at: bytes.readerIndex + 4, length: bytes.readableBytes - 4)
        default: nil
        }
    }

    /// A string of any kind as UTF-8, with U+FFFD for what isn't; `nil` for what is no string.
    package var text: String? {
        self.bytes.map { String(buffer: $0) }
    }

    /// A number, or a string that is one, as RESP2 gives some.
    package var integer: Int64? {
        switch self {
        case .number(let number): number
        default: self.text.flatMap { Int64($0) }
        }
    }

    /// The elements of an array, a set or a push; `nil` for what is none of these.
    package var elements: [RESPToken]? {
        switch self {
        case .array(let elements), .set(let elements), .push(let elements): elements
        default: nil
        }
    }

    /// The pairs of a map, or of the flat array of keys and values that RESP2 gives in its place.
    package var pairs: [Pair]? {
        switch self {
        case .map(let pairs): pairs
        case .array(let flat) where flat.count.isMultiple(of: 2): Self.pairs(of: flat)
        default: nil
        }
    }

    /// The value of a key in a map, or in RESP2's flat array.
    package subscript(key: String) -> RESPToken? {
        self.pairs?.first { $0.key.bytes?.readableBytesView.elementsEqual(key.utf8) ?? false }?.value
    }

    /// Whether it is a null.
    package var isNull: Bool { self == .null }

    /// What the server says went wrong, the first KiB of it: more is no sentence; `nil` for what is no error.
    package var errorText: String? {
        switch self {
        case .simpleError(let bytes), .bulkError(let bytes):
            String(decoding: bytes.readableBytesView.prefix(1024), as: UTF8.self)
        default: nil
        }
    }

    /// - Parameter flat: Keys and values by turns.
    static func pairs(of flat: [RESPToken]) -> [Pair] {
        stride(from: 0, to: flat.count - 1, by: 2).map { Pair(key: flat[$0], value: flat[$0 + 1]) }
    }
}
