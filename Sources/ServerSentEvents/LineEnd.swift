/// Finds the ends of lines in UTF-8 bytes: CR, LF, or CR and LF together (WHATWG HTML 9.2.5, `end-of-line`).
enum LineEnd {
    static let cr: UInt8 = 0x0D
    static let lf: UInt8 = 0x0A

    /// The offset of the first CR or LF at or after `start`, or `bytes.count` if there is none.
    ///
    /// Eight bytes at a time in a machine word: the standard library's SIMD comparisons compile to code that is fifty
    /// times slower (Swift 6.3), and `memchr` looks for one byte only and needs an import.
    @inline(__always)
    static func first(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        guard let base = bytes.baseAddress else { return 0 }
        let end = bytes.count
        var offset = start
        // Many lines are shorter than a word; long ones are crossed four words at a time.
        if end - offset >= 8 {
            let found = marks(base, offset)
            if found != 0 { return offset + found.trailingZeroBitCount >> 3 }
            offset += 8
        }
        while end - offset >= 32 {
            let found = marks(base, offset) | marks(base, offset + 8)
            let foundToo = marks(base, offset + 16) | marks(base, offset + 24)
            if found | foundToo != 0 { break }
            offset += 32
        }
        while end - offset >= 8 {
            let found = marks(base, offset)
            if found != 0 { return offset + found.trailingZeroBitCount >> 3 }
            offset += 8
        }
        while offset < end {
            let byte = base.load(fromByteOffset: offset, as: UInt8.self)
            if byte == cr || byte == lf { break }
            offset += 1
        }
        return offset
    }

    /// Calls `body` with each line of `bytes`, without its end. There is always one more line than there are line ends.
    @inline(__always)
    static func forEachLine(of bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void) {
        var start = 0
        while true {
            let end = first(in: bytes, from: start)
            body(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
            if end == bytes.count { return }
            start = next(after: end, in: bytes)
        }
    }

    /// Where the line after the line end at `end` starts. CR and LF together are one line end.
    @inline(__always)
    static func next(after end: Int, in bytes: UnsafeRawBufferPointer) -> Int {
        let next = end + 1
        return bytes[end] == cr && next < bytes.count && bytes[next] == lf ? next + 1 : next
    }

    /// Eight bytes, of which the lowest bit set lies in the first one, in memory order, that is CR or LF; zero if none is.
    ///
    /// Subtracting one from each byte borrows its top bit if it was zero. A borrow that runs on may mark bytes behind
    /// a match wrongly, never one before it.
    @inline(__always)
    private static func marks(_ base: UnsafeRawPointer, _ offset: Int) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        let cr = word ^ (ones &* UInt64(cr))
        let lf = word ^ (ones &* UInt64(lf))
        return (((cr &- ones) & ~cr) | ((lf &- ones) & ~lf)) & (ones << 7)
    }
}
