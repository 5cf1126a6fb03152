/// Follows the file at one path through appends, rotation, truncation and absence, and gives its new lines, each once
/// and in order.
///
/// Does I/O, but has no clock and no task: whoever owns it asks for the next batch and says what time it is. Not
/// Sendable; it belongs to the task of its `FileSource`.
///
/// The path is a queue of *generations*: each file that appears there is a new one, read after those before it. Three
/// things happen at each look:
/// 1. Resolving (`FileFollower+Resolving.swift`): the journal of renames is drained, new generations are queued, and
///    each is opened under the name it has now, exactly; comparing what lies at the path with what is open covers
///    whatever a journal can't tell.
/// 2. Reading (`FileFollower+Reading.swift`): from the oldest generation on, always to its end before the next.
/// 3. Giving up: a generation that was replaced or deleted stays open until it has not grown for the grace time,
///    because a writer may still hold it. Its unfinished last line is then delivered as it is.
///
/// At first start an existing file is followed from its end, or from the beginning of its last line if that is
/// unfinished. Whatever appears later is read from its start.
final class FileFollower {
    /// Descriptors open at once, at most. A storm of rotations is worked through in portions of this size, and what was
    /// replaced is then given up as soon as it is read, without grace.
    static let maximumOpen = 32
    static let pieceLength = 64 * 1024
    /// Pieces read for one batch, at most, so that a batch ends soon even when no line does.
    static let piecesPerBatch = 16

    let path: String
    let directoryPath: String
    let baseName: [UInt8]
    let lineLimit: Int
    let grace: Duration
    let openJournal: FileDirectory.OpenJournal
    let report: (String) -> Void

    var directory: FileDirectory?
    /// The oldest first.
    var generations: [FileGeneration] = []
    /// The directory was looked at before, so what is found from now on came later.
    var hasStarted = false
    /// What stands in the way at this look; the first found counts.
    var problem: FileProblem?
    var unwatched: FileErrno?
    private var reported: FileProblem?

    var ready = FileLineQueue()
    let buffer = UnsafeMutableRawBufferPointer.allocate(
        byteCount: pieceLength + FileReader.footprintLength,
        alignment: 16
    )

    init(
        path: String,
        lineLimit: Int,
        grace: Duration,
        openJournal: @escaping FileDirectory.OpenJournal = FileDirectory.systemJournal,
        report: @escaping (String) -> Void
    ) {
        self.path = path
        (directoryPath, baseName) = Self.split(path)
        self.lineLimit = lineLimit
        self.grace = grace
        self.openJournal = openJournal
        self.report = report
    }

    deinit { buffer.deallocate() }

    /// The next lines, none if there are none now. `now` is the time of any clock, and never goes back.
    func nextBatch(now: Duration) -> FileBatch {
        problem = nil
        resolve(now: now)
        var batch = FileBatch()
        var pieces = 0
        while true {
            ready.move(into: &batch)
            if batch.isFull || pieces == Self.piecesPerBatch {
                batch.hasMore = true
                return batch
            }
            if readPiece(now: now) {
                pieces += 1
            } else if makeRoom() {
                resolve(now: now)
            } else if !giveUp(now: now) {
                reportProblem()
                return batch
            }
        }
    }

    /// Closes every descriptor.
    func close() {
        generations = []
        directory = nil
    }

    func note(_ problem: FileProblem) {
        if self.problem == nil { self.problem = problem }
    }

    private func reportProblem() {
        if problem == nil && !generations.contains(where: { $0.reader != nil }) { problem = .missing }
        // Between the rename and the re-creation of a rotation the path is empty for a moment. That is no news as long
        // as the old file is open.
        guard problem != reported else { return }
        reported = problem
        report(problem?.sentence(path: path) ?? FileProblem.recovery(path: path))
    }

    /// The directory of a path, and its last component in bytes, because names need not be UTF-8.
    private static func split(_ path: String) -> (String, [UInt8]) {
        var bytes = Array(path.utf8)
        while bytes.count > 1, bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return (".", bytes) }
        let name = Array(bytes[(slash + 1)...])
        let directory = slash == 0 ? "/" : String(decoding: bytes[..<slash], as: UTF8.self)
        return (directory, name.isEmpty ? [UInt8(ascii: ".")] : name)
    }
}
