import Martlet

/// A line, and where it is published.
struct FileLine: Sendable {
    let text: String
    let topic: Topic
}

/// Lines handed over together, with the places they end at: whoever takes them keeps both or neither.
struct FileBatch: Sendable {
    static let maximumLines = 512
    static let maximumBytes = 256 * 1024

    /// At most `maximumLines`, and no more than one line beyond `maximumBytes`.
    var lines: [FileLine] = []
    var bytes = 0
    /// Up to where each file has been handed over, of those of which that is news; by item.
    var marks: [String: FileMark] = [:]
    /// Nothing is read before it is told what was marked of these items: see `FileFollower.recall`.
    var wanted: [String] = []
    /// More can be had at once; else the next look is soon enough.
    var hasMore = false

    var isFull: Bool { lines.count >= Self.maximumLines || bytes >= Self.maximumBytes }
}

/// What all files of a follower are read through, one piece at a time: the buffer, and the lines that were read and not
/// handed over yet, which are those of one piece at most.
final class FileIntake {
    static let pieceLength = 64 * 1024

    private struct Line {
        let text: String
        let end: Int64
        let reader: FileReader
        let trail: FileTrail
    }

    let buffer = UnsafeMutableRawBufferPointer.allocate(
        byteCount: pieceLength + FileReader.footprintLength,
        alignment: 16
    )
    private var lines: [Line] = []
    private var next = 0
    private var marks: [String: FileMark] = [:]

    deinit { buffer.deallocate() }

    func append(_ text: String, endingAt end: Int64, of reader: FileReader, in trail: FileTrail) {
        lines.append(Line(text: text, end: end, reader: reader, trail: trail))
    }

    /// Notes that nothing before the place of a reader is handed over any more.
    func mark(_ reader: FileReader, at place: FilePlace, in trail: FileTrail) {
        marks[reader.item] = FileMark(
            item: reader.item,
            name: trail.name,
            identity: reader.identity,
            place: place,
            modified: reader.modified
        )
    }

    /// Moves what fits into a batch. The last line of each file says where the file's lines end in it.
    func move(into batch: inout FileBatch) {
        while next < lines.count && !batch.isFull {
            let line = lines[next]
            batch.bytes += line.text.utf8.count
            batch.lines.append(FileLine(text: line.text, topic: line.trail.topic))
            next += 1
            let isLast = next == lines.count || batch.isFull || lines[next].reader !== line.reader
            if isLast { mark(line.reader, at: line.reader.place(at: line.end, in: buffer), in: line.trail) }
        }
        guard next == lines.count else { return }
        lines.removeAll(keepingCapacity: true)
        next = 0
    }

    func takeMarks() -> [String: FileMark] {
        defer { marks = [:] }
        return marks
    }
}
