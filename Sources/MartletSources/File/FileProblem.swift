/// Why a followed file can't be read now.
enum FileProblem: Equatable {
    case missing
    case directoryMissing(FileErrno)
    case unlistable(FileErrno)
    case directory
    case notRegular
    case refused(FileErrno)
    case unreadable(FileErrno)
    case noTopic(String)
    case foreignTopic(owner: String)
    case tooMany(Int)
    case unwatched(FileErrno)
    case recordsLost

    /// - Parameter path: of the file, or the pattern if it is about no single one.
    func sentence(path: String) -> String {
        switch self {
        case .missing: "\(path) does not exist; waiting for it."
        case .directoryMissing(let error): "The directory of \(path) can't be opened: \(error). Waiting for it."
        case .unlistable(let error): "The directory of \(path) can't be listed: \(error). Trying again every second."
        case .directory: "\(path) is a directory, not a file; waiting for a file in its place."
        case .notRegular: "\(path) is not a regular file; waiting for one in its place."
        case .refused(let error): "\(path) can't be opened: \(error). Trying again at every look."
        case .unreadable(let error): "\(path) can't be read: \(error). Trying again at every look."
        case .noTopic(let reason): "\(path) is not followed, because its name gives no topic: \(reason)"
        case .foreignTopic(let owner):
            "\(path) is not followed, because its topic belongs to the source \"\(owner)\"."
        case .tooMany(let limit): "More than \(limit) files match \(path); the others are not followed."
        case .unwatched(let error):
            "The directory of \(path) can't be watched for renames: \(error). A file that is rotated away and replaced "
                + "more than once between two looks will be missed."
        case .recordsLost:
            "The kernel dropped renames in the directory of \(path), because too many came at once. Lines of files that "
                + "were rotated away meanwhile may be missing."
        }
    }
}

/// What stands in the way of a follower, gathered anew at each look, and said when it is another thing than before.
struct FileTroubles {
    /// More files match than are followed; as of the last listing, as are the next two.
    var isFull = false
    /// Names that give no topic, or another source's.
    var unfit: [[UInt8]: FileProblem] = [:]
    var unlistable: FileErrno?
    /// Renames were lost, and nobody was told yet.
    var hasLostRecords = false
    private let pattern: FilePattern
    private let limit: Int
    /// The first that was found at this look, and of how many files there was one.
    private var first: String?
    private var count = 0
    private var reported: String??

    init(pattern: FilePattern, limit: Int) {
        self.pattern = pattern
        self.limit = limit
        self.reported = .some(nil)
    }

    mutating func begin() {
        first = nil
        count = 0
    }

    mutating func forgetListing() {
        isFull = false
        unfit = [:]
        unlistable = nil
    }

    /// - Parameter name: of the file, or nil if it is about no single one.
    mutating func note(_ problem: FileProblem, of name: [UInt8]?) {
        count += 1
        guard first == nil else { return }
        let path = name.map { pattern.path(of: $0) } ?? FilePattern.printable(pattern.description)
        first = problem.sentence(path: path)
    }

    /// No file is open. Between the rename and the re-creation of a rotation that is not so, as the old file is.
    mutating func noteMissing() {
        guard first == nil, unfit.isEmpty else { return }
        if pattern.isGlob {
            first = "No file matches \(FilePattern.printable(pattern.description)); waiting for one."
        } else {
            note(.missing, of: pattern.name)
        }
    }

    mutating func noteUnwatched(_ error: FileErrno) {
        if first == nil { note(.unwatched(error), of: nil) }
    }

    /// Has it said again what there is to say, because something else was said in between.
    mutating func sayAgain() { reported = nil }

    /// Says what is to be said, if it is another thing than what was said last.
    mutating func tell(_ report: (String?) -> Void) {
        if hasLostRecords { note(.recordsLost, of: nil) }
        hasLostRecords = false
        for (name, problem) in unfit.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            note(problem, of: name)
        }
        if let unlistable { note(.unlistable(unlistable), of: nil) }
        if isFull { note(.tooMany(limit), of: nil) }
        let sentence = first.map { count > 1 ? $0 + " (And \(count - 1) more.)" : $0 }
        guard reported != .some(sentence) else { return }
        reported = .some(sentence)
        report(sentence)
    }
}
