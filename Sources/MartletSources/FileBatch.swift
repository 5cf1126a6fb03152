/// Lines handed over together.
struct FileBatch {
    static let maximumLines = 512
    static let maximumBytes = 256 * 1024

    /// At most `maximumLines`, and no more than one line beyond `maximumBytes`.
    var lines: [String] = []
    var bytes = 0
    /// More can be had at once; else the next look is soon enough.
    var hasMore = false

    var isFull: Bool { lines.count >= Self.maximumLines || bytes >= Self.maximumBytes }
}

/// Lines that were read and not handed over yet: at most those of one piece.
struct FileLineQueue {
    private var lines: [String] = []
    private var next = 0

    mutating func append(_ line: String) { lines.append(line) }

    mutating func move(into batch: inout FileBatch) {
        while next < lines.count && !batch.isFull {
            batch.bytes += lines[next].utf8.count
            batch.lines.append(lines[next])
            next += 1
        }
        guard next == lines.count else { return }
        lines.removeAll(keepingCapacity: true)
        next = 0
    }
}
