// From chunks to lines: the byte order mark, the three line ends, lines that chunks cut.
extension EventParser {
    /// Reads a chunk. A limit that was passed is returned, not thrown, so that only `emit` decides what is thrown.
    @inline(__always)
    mutating func read<Failure: Error>(
        _ chunk: UnsafeRawBufferPointer,
        _ emit: (Item) throws(Failure) -> Void
    ) throws(Failure) -> EventParserError? {
        if failure == nil { failure = try readLines(of: chunk, emit) }
        return failure
    }

    @inline(__always)
    private mutating func readLines<Failure: Error>(
        of chunk: UnsafeRawBufferPointer,
        _ emit: (Item) throws(Failure) -> Void
    ) throws(Failure) -> EventParserError? {
        var start = skipByteOrderMark(in: chunk)
        if endedWithCR, let first = chunk.first {
            endedWithCR = false
            if first == LineEnd.lf { start = 1 }
        }
        // Data stays in the chunk until a second line of it comes, or the chunk's end: the usual event, with one line
        // of data in one chunk, is copied once, into its string.
        var inChunk: UnsafeRawBufferPointer?
        defer { if let inChunk { data.append(contentsOf: inChunk) } }

        while start < chunk.count {
            let end = LineEnd.first(in: chunk, from: start)
            let line = UnsafeRawBufferPointer(rebasing: chunk[start..<end])
            if end == chunk.count { return append(line) }
            start = LineEnd.next(after: end, in: chunk)
            // Noted before anything is emitted: what `emit` throws must leave the parser between two lines.
            endedWithCR = end + 1 == chunk.count && chunk[end] == LineEnd.cr
            if carry.isEmpty {
                if line.count > limits.maxLineBytes {
                    return EventParserError(.lineTooLong, limit: limits.maxLineBytes)
                }
                if let failure = try take(line, &inChunk, emit) { return failure }
            } else {
                if let failure = append(line) { return failure }
                if let failure = try takeCarry(emit) { return failure }
            }
        }
        return nil
    }

    /// Keeps a part of a line whose end has not come yet.
    private mutating func append(_ part: UnsafeRawBufferPointer) -> EventParserError? {
        if carry.count + part.count > limits.maxLineBytes {
            return EventParserError(.lineTooLong, limit: limits.maxLineBytes)
        }
        carry.append(contentsOf: part)
        return nil
    }

    @inline(never)
    private mutating func takeCarry<Failure: Error>(
        _ emit: (Item) throws(Failure) -> Void
    ) throws(Failure) -> EventParserError? {
        // Moved out, so that the line can be read while the rest of the parser changes.
        var line: [UInt8] = []
        swap(&line, &carry)
        defer {
            line.removeAll(keepingCapacity: line.capacity <= Self.keptCapacity)
            swap(&line, &carry)
        }
        return try line.withUnsafeBufferPointer { (bytes) throws(Failure) -> EventParserError? in
            var inLine: UnsafeRawBufferPointer?
            defer { if let inLine { data.append(contentsOf: inLine) } }
            return try take(UnsafeRawBufferPointer(bytes), &inLine, emit)
        }
    }

    /// The offset at which the text begins: a byte order mark is dropped once, at the very start (WHATWG HTML 9.2.6).
    private mutating func skipByteOrderMark(in chunk: UnsafeRawBufferPointer) -> Int {
        guard var length = byteOrderMarkLength else { return 0 }
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        var offset = 0
        while offset < chunk.count, length < mark.count, chunk[offset] == mark[length] {
            offset += 1
            length += 1
        }
        if length == mark.count {
            byteOrderMarkLength = nil
        } else if offset < chunk.count {
            // Not a mark. What an earlier chunk had of it is the beginning of the first line.
            byteOrderMarkLength = nil
            carry.append(contentsOf: mark[..<(length - offset)])
            return 0
        } else {
            byteOrderMarkLength = length
        }
        return offset
    }
}
