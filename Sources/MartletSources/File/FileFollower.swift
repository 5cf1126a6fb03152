import Martlet

/// Follows the files of a pattern through appends, rotation, truncation and absence, and gives their new lines, each once
/// and those of a file in order.
///
/// Does I/O, but has no clock and no task: whoever owns it asks for the next batch and says what time it is. Not
/// Sendable; it belongs to the task of its `FileSource`.
///
/// It holds the directory open, reads its journal of renames for all, and has a `FileTrail` for each name: the one of a
/// path, whether there is such a file or not, or those that match a glob and exist. A file is read by one trail only,
/// whatever names it has (`holders`): where a rotated file matches the glob as well, it goes on where it was.
///
/// Where reading begins:
/// - At first, so many lines before the end of a file, as it is told, or at the beginning of its last line if that is
///   unfinished.
/// - After a restart, where the marks say (`FileResumption`); those are kept by whoever takes the batches, and asked for
///   with `FileBatch.wanted`.
/// - Whatever appears later is read from its start.
final class FileFollower {
    /// What it begins with when its directory is opened.
    enum Beginning {
        /// So many lines before the ends of files.
        case atEnd(backlog: Int)
        /// Where it was before a restart.
        case resuming(FileRun)
        case later
    }

    /// Pieces read for one batch, at most, so that a batch ends soon even when no line does.
    static let piecesPerBatch = 16
    /// Trails whose names are all compared with what is open at each look. Of more, each is compared once a second.
    static let maximumCompared = 32

    let pattern: FilePattern
    let topics: FileTopics
    let lineLimit: Int
    let grace: Duration
    /// Names followed at once, at most.
    let maximumTrails: Int
    let openJournal: FileDirectory.OpenJournal
    /// Which other source a topic belongs to, if it does.
    private let otherOwner: (Topic) -> String?
    /// Told what stands in the way when that is another thing than before, or nil if nothing does any more.
    let report: (String?) -> Void

    var directory: FileDirectory?
    var beginning: Beginning
    /// What was marked before a restart, once that is known.
    var marks: [String: FileMark]?
    private(set) var trails: [FileTrail] = []
    private var trailsByName: [[UInt8]: FileTrail] = [:]
    /// Which trail reads a file that is open.
    var holders: [FileIdentity: FileTrail] = [:]
    let intake = FileIntake()
    var troubles: FileTroubles
    /// When the directory was looked through last for files that the journal did not tell of.
    var lastListing: Duration?
    /// The trail that has its turn to be read.
    private var turn = 0

    init(
        pattern: FilePattern,
        topics: FileTopics,
        beginning: Beginning = .atEnd(backlog: 0),
        lineLimit: Int,
        grace: Duration,
        maximumTrails: Int = 1_000,
        openJournal: @escaping FileDirectory.OpenJournal = FileDirectory.systemJournal,
        otherOwner: @escaping (Topic) -> String? = { _ in nil },
        report: @escaping (String?) -> Void
    ) {
        self.pattern = pattern
        self.topics = topics
        self.beginning = beginning
        self.lineLimit = lineLimit
        self.grace = grace
        self.maximumTrails = maximumTrails
        self.openJournal = openJournal
        self.otherOwner = otherOwner
        self.report = report
        self.troubles = FileTroubles(pattern: pattern, limit: maximumTrails)
        if !pattern.isGlob { addTrail(pattern.name) }
    }

    /// The next lines, none if there are none now. `now` is the time of any clock, and never goes back.
    func nextBatch(now: Duration) -> FileBatch {
        var batch = FileBatch()
        troubles.begin()
        batch.wanted = resolve(now: now)
        if !batch.wanted.isEmpty { return batch }
        var pieces = 0
        while true {
            intake.move(into: &batch)
            if batch.isFull || pieces == Self.piecesPerBatch {
                batch.hasMore = true
                break
            }
            if readPiece(now: now) {
                pieces += 1
            } else if makeRoom() {
                _ = resolve(now: now)
            } else if !giveUp(now: now) {
                reportTroubles()
                break
            }
        }
        batch.marks = intake.takeMarks()
        return batch
    }

    /// Takes what was marked of the items that a batch wanted, those that have a mark.
    func recall(_ marks: [String: FileMark]) {
        self.marks = marks
    }

    /// How many files are open.
    var openFiles: Int { holders.count }

    /// Closes every descriptor.
    func close() {
        trails = []
        trailsByName = [:]
        holders = [:]
        directory = nil
    }

    func trail(named name: [UInt8]) -> FileTrail? { trailsByName[name] }

    /// A new trail, or nil if there can't be one.
    @discardableResult
    func addTrail(_ name: [UInt8]) -> FileTrail? {
        guard trails.count < maximumTrails else {
            troubles.isFull = true
            return nil
        }
        do throws(UpdateError) {
            let topic = try topics.topic(of: name)
            // It may be private there, and not here.
            if let other = otherOwner(topic) {
                troubles.unfit[name] = .foreignTopic(owner: other)
                return nil
            }
            let trail = FileTrail(name: name, topic: topic, follower: self)
            trails.append(trail)
            trailsByName[name] = trail
            return trail
        } catch {
            troubles.unfit[name] = .noTopic(error.message)
            return nil
        }
    }

    /// Drops the trails of files that are gone.
    func dropTrails() {
        guard pattern.isGlob, trails.contains(where: \.isOver) else { return }
        for trail in trails where trail.isOver { trailsByName[trail.name] = nil }
        trails.removeAll { $0.isOver }
    }

    func note(_ problem: FileProblem, of name: [UInt8]) {
        // A glob is not about what is no file.
        if pattern.isGlob, problem == .directory || problem == .notRegular { return }
        troubles.note(problem, of: name)
    }

    private func reportTroubles() {
        if trails.allSatisfy({ !$0.isOpen }) { troubles.noteMissing() }
        if let error = directory?.unwatched { troubles.noteUnwatched(error) }
        troubles.tell(report)
    }

    /// Each trail has its turn, so that none waits for another that grows without end.
    private func readPiece(now: Duration) -> Bool {
        for offset in 0..<trails.count {
            let index = (turn + offset) % trails.count
            if trails[index].readPiece(now: now) {
                turn = index + 1
                return true
            }
        }
        return false
    }

    private func makeRoom() -> Bool {
        var hasGivenUp = false
        for trail in trails where trail.makeRoom() { hasGivenUp = true }
        return hasGivenUp
    }

    private func giveUp(now: Duration) -> Bool {
        var hasGivenUp = false
        for trail in trails where trail.giveUp(now: now) { hasGivenUp = true }
        return hasGivenUp
    }
}
