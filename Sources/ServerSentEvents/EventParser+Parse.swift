extension EventParser {
    /// Reads the next bytes of the stream and calls `emit` with each item they complete, in order.
    ///
    /// The bytes may be cut anywhere, within a line, a character or a CRLF.
    ///
    /// - Throws: ``EventParserError`` if the stream passes one of the parser's ``Limits``. What came before has been
    ///   emitted; every later call throws the same error, until ``finish()``.
    public mutating func parse(
        _ bytes: UnsafeRawBufferPointer,
        _ emit: (Item) -> Void
    ) throws(EventParserError) {
        if let failure = read(bytes, emit) { throw failure }
    }

    /// Reads the next bytes of the stream and calls `emit`, which may throw, with each item they complete, in order.
    ///
    /// - Throws: ``EventParserError`` if the stream passes one of the parser's ``Limits``, and what `emit` throws. In
    ///   the latter case the rest of `bytes` is not read, so this stream cannot be continued; call ``finish()``.
    public mutating func parse(
        _ bytes: UnsafeRawBufferPointer,
        _ emit: (Item) throws -> Void
    ) throws {
        if let failure = try read(bytes, emit) { throw failure }
    }

    /// Reads the next bytes of the stream, from any collection of bytes, and calls `emit` with each item.
    ///
    /// ```swift
    /// try parser.parse("data: hello\n\n".utf8) { print($0) }
    /// ```
    ///
    /// Bytes that lie in one piece (`[UInt8]`, `ArraySlice`, `ByteBufferView`, …) are not copied.
    ///
    /// - Throws: ``EventParserError`` if the stream passes one of the parser's ``Limits``. What came before has been
    ///   emitted; every later call throws the same error, until ``finish()``.
    @inlinable
    public mutating func parse(
        _ bytes: some Sequence<UInt8>,
        _ emit: (Item) -> Void
    ) throws(EventParserError) {
        // The closure passes errors out as values, because the standard library's method erases their type.
        let outcome = bytes.withContiguousStorageIfAvailable { bytes -> EventParserError? in
            do throws(EventParserError) {
                try parse(UnsafeRawBufferPointer(bytes), emit)
                return nil
            } catch {
                return error
            }
        }
        guard let outcome else { return try parse(ContiguousArray(bytes), emit) }
        if let outcome { throw outcome }
    }

    /// Reads the next bytes of the stream, from any collection of bytes, and calls `emit`, which may throw.
    ///
    /// - Throws: ``EventParserError`` if the stream passes one of the parser's ``Limits``, and what `emit` throws. In
    ///   the latter case the rest of `bytes` is not read, so this stream cannot be continued; call ``finish()``.
    @inlinable
    public mutating func parse(
        _ bytes: some Sequence<UInt8>,
        _ emit: (Item) throws -> Void
    ) throws {
        let done: Void? = try bytes.withContiguousStorageIfAvailable { try parse(UnsafeRawBufferPointer($0), emit) }
        if done == nil { try parse(ContiguousArray(bytes), emit) }
    }
}
