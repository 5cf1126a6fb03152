/// Turns an ``Event`` into the bytes of a `text/event-stream`.
///
/// It holds no state and may be called from anywhere. Fields come in the order `event`, `retry`, `id`, `data`, each
/// with exactly one space after its colon, because a client removes one: a value that begins with a space keeps it.
///
/// ```swift
/// let event = Event(id: "7", type: "notice", data: "hello")
/// let bytes = try EventEncoder.encode(event)
/// ```
///
/// Source: WHATWG HTML 9.2.5.
public enum EventEncoder {
    /// Checks an id.
    ///
    /// ```swift
    /// try EventEncoder.validate(id: "k3f9x-1042")
    /// ```
    ///
    /// - Throws: ``EventEncodingError`` with code ``EventEncodingError/Code/invalidID`` if it holds CR or LF (which would
    ///   begin a new field, and let whoever chose the id forge an event) or NUL (which has clients ignore the id).
    ///   Source: WHATWG HTML 9.2.6, field name `id`.
    public static func validate(id: String) throws(EventEncodingError) {
        if breaksField(id) { throw EventEncodingError(.invalidID) }
    }

    /// Checks a type.
    ///
    /// ```swift
    /// try EventEncoder.validate(type: "notice")
    /// ```
    ///
    /// - Throws: ``EventEncodingError`` with code ``EventEncodingError/Code/invalidType`` if it holds CR, LF or NUL.
    ///   Clients accept NUL in a type; it is refused because nobody means it. Source: WHATWG HTML 9.2.5, `any-char`.
    public static func validate(type: String) throws(EventEncodingError) {
        if breaksField(type) { throw EventEncodingError(.invalidType) }
    }

    /// The event as bytes, with the empty line that ends it.
    ///
    /// ```swift
    /// try EventEncoder.encode(Event(data: "one\ntwo"))  // data: one\ndata: two\n\n
    /// ```
    ///
    /// - Throws: ``EventEncodingError`` if the id or the type holds CR, LF or NUL, or if the retry time is negative.
    public static func encode(_ event: Event) throws(EventEncodingError) -> [UInt8] {
        if let id = event.id { try validate(id: id) }
        if let type = event.type { try validate(type: type) }
        if let retry = event.retry, retry < 0 { throw EventEncodingError(.negativeRetry) }
        return Array(unsafeUninitializedCapacity: byteCount(of: event)) { buffer, count in
            count = write(event, into: UnsafeMutableRawBufferPointer(buffer))
        }
    }

    /// The exact number of bytes that ``write(_:into:)`` writes for an event whose fields have been validated.
    public static func byteCount(of event: Event) -> Int {
        var count = 1
        if let type = event.type, !type.isEmpty { count += "event: \n".utf8.count + type.utf8.count }
        if let retry = event.retry { count += "retry: \n".utf8.count + milliseconds(retry).utf8.count }
        if let id = event.id { count += "id: \n".utf8.count + id.utf8.count }
        var data = event.data
        data.withUTF8 { bytes in
            LineEnd.forEachLine(of: UnsafeRawBufferPointer(bytes)) { count += "data: \n".utf8.count + $0.count }
        }
        return count
    }

    /// Writes the event into uninitialised memory and returns the number of bytes written.
    ///
    /// For hot paths that own their buffer: a hub writes straight into its network buffer. The fields must have been
    /// validated, with ``validate(id:)``, ``validate(type:)`` and a retry time of 0 or more; they are not checked again.
    ///
    /// ```swift
    /// let count = EventEncoder.byteCount(of: event)
    /// let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
    /// defer { buffer.deallocate() }
    /// let written = EventEncoder.write(event, into: buffer)
    /// ```
    ///
    /// - Precondition: `buffer` has room for ``byteCount(of:)`` bytes. One that has less stops the program.
    public static func write(_ event: Event, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        var writer = ByteWriter(buffer)
        if let type = event.type, !type.isEmpty {
            writer.write(literal: "event: ")
            writer.write(type)
            writer.write(literal: "\n")
        }
        if let retry = event.retry {
            writer.write(literal: "retry: ")
            writer.write(milliseconds(retry))
            writer.write(literal: "\n")
        }
        if let id = event.id {
            writer.write(literal: "id: ")
            writer.write(id)
            writer.write(literal: "\n")
        }
        var data = event.data
        data.withUTF8 { bytes in
            LineEnd.forEachLine(of: UnsafeRawBufferPointer(bytes)) { line in
                writer.write(literal: "data: ")
                writer.write(line)
                writer.write(literal: "\n")
            }
        }
        writer.write(literal: "\n")
        return writer.count
    }

    // A minus sign would make clients ignore the field; a caller of `write` that did not validate gets 0 instead.
    private static func milliseconds(_ retry: Int) -> String {
        String(max(retry, 0))
    }

    private static func breaksField(_ value: String) -> Bool {
        var value = value
        return value.withUTF8 { bytes in
            // No early exit, so that the compiler can look at many bytes at a time.
            var found = false
            for byte in bytes { found = found || byte == LineEnd.cr || byte == LineEnd.lf || byte == 0 }
            return found
        }
    }
}
