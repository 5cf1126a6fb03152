#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Splits the bytes of a file into lines, with a limit on the length of a line and no memory beyond that limit.
///
/// Does no I/O. Each generation of a followed file owns one, so that lines of two generations never mix.
///
/// - A line ends at an LF; a CR right before it belongs to the line end. A CR anywhere else is part of the line.
/// - An empty line is a line: `""`.
/// - A line longer than `limit` bytes is cut at a UTF-8 boundary and marked with ` … [cut: N bytes more]`, where N counts
///   the bytes of the file that are not shown. The limit counts bytes of the file, without the line end.
/// - Invalid UTF-8 is repaired to U+FFFD.
struct FileLineSplitter {
    /// The longest line that is not cut, in bytes.
    let limit: Int
    /// The beginning of the unfinished line, at most `limit` bytes.
    private var line: [UInt8] = []
    /// How many bytes of the unfinished line did not fit into `line`.
    private var dropped = 0
    /// The unfinished line goes on with a CR, which is a part of it unless an LF comes next.
    private var holdsCR = false

    init(limit: Int) {
        precondition(limit > 0, "the limit of a line must be at least one byte")
        self.limit = limit
    }

    /// Takes the next bytes and emits each line that ends within them.
    mutating func push(_ bytes: UnsafeRawBufferPointer, emit: (String) -> Void) {
        push(bytes, emitWithEnd: { line, _ in emit(line) })
    }

    /// Takes the next bytes and emits each line that ends within them, with how many of the bytes it ends after.
    mutating func push(_ bytes: UnsafeRawBufferPointer, emitWithEnd emit: (String, Int) -> Void) {
        var rest = bytes[...]
        while let end = Self.firstLineFeed(in: rest) {
            emit(finishLine(rest[..<end]), end + 1)
            rest = rest[(end + 1)...]
        }
        take(rest)
    }

    /// Ends the unfinished line, for when nothing will follow: its text, or nil if there is none. A CR at its end is
    /// taken for the first half of a CRLF.
    mutating func flushPartial() -> String? {
        guard !line.isEmpty || holdsCR else { return nil }
        return takeLine()
    }

    private mutating func finishLine(_ end: Slice<UnsafeRawBufferPointer>) -> String {
        if line.isEmpty && !holdsCR {
            // Nothing is held: the line lies in these bytes in whole, and needs no copy of its own.
            let text = end.last == UInt8(ascii: "\r") ? end.dropLast() : end
            if text.count <= limit { return Self.repaired(UnsafeRawBufferPointer(rebasing: text)) }
        }
        take(end)
        return takeLine()
    }

    private mutating func take(_ bytes: Slice<UnsafeRawBufferPointer>) {
        guard let last = bytes.last else { return }
        if holdsCR {
            holdsCR = false
            append(CollectionOfOne(UInt8(ascii: "\r")))
        }
        holdsCR = last == UInt8(ascii: "\r")
        append(holdsCR ? bytes.dropLast() : bytes)
    }

    private mutating func append(_ bytes: some RandomAccessCollection<UInt8>) {
        let taken = min(bytes.count, limit - line.count)
        line.append(contentsOf: bytes.prefix(taken))
        dropped += bytes.count - taken
    }

    private mutating func takeLine() -> String {
        defer {
            line.removeAll(keepingCapacity: true)
            dropped = 0
            holdsCR = false
        }
        return line.withUnsafeBytes { bytes in
            guard dropped > 0 else { return Self.repaired(bytes) }
            let shown = Self.boundary(in: bytes)
            let text = Self.repaired(UnsafeRawBufferPointer(rebasing: bytes[..<shown]))
            return text + " … [cut: \(dropped + bytes.count - shown) bytes more]"
        }
    }

    /// Where to cut so that no scalar is torn: before a multi-byte sequence that begins in the last three bytes and
    /// isn't complete, else at the end.
    private static func boundary(in bytes: UnsafeRawBufferPointer) -> Int {
        for back in 1...3 where back <= bytes.count {
            let byte = bytes[bytes.count - back]
            if byte & 0b1100_0000 == 0b1000_0000 { continue }
            let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
            return length > back ? bytes.count - back : bytes.count
        }
        return bytes.count
    }

    private static func repaired(_ bytes: UnsafeRawBufferPointer) -> String {
        String(decoding: bytes, as: UTF8.self)
    }

    private static func firstLineFeed(in bytes: Slice<UnsafeRawBufferPointer>) -> Int? {
        guard !bytes.isEmpty, let base = bytes.base.baseAddress else { return nil }
        let start = base + bytes.startIndex
        guard let found = memchr(start, Int32(UInt8(ascii: "\n")), bytes.count) else { return nil }
        return bytes.startIndex + (UnsafeRawPointer(found) - start)
    }
}
