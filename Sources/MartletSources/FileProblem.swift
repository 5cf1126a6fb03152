/// Why a followed file can't be read now. A follower is in one such state or none, and says so when that changes.
enum FileProblem: Equatable {
    case missing
    case directoryMissing(FileErrno)
    case directory
    case notRegular
    case refused(FileErrno)
    case unreadable(FileErrno)

    func sentence(path: String) -> String {
        switch self {
        case .missing: "\(path) does not exist; waiting for it."
        case .directoryMissing(let error): "The directory of \(path) can't be opened: \(error). Waiting for it."
        case .directory: "\(path) is a directory, not a file; waiting for a file in its place."
        case .notRegular: "\(path) is not a regular file; waiting for one in its place."
        case .refused(let error): "\(path) can't be opened: \(error). Trying again at every look."
        case .unreadable(let error): "\(path) can't be read: \(error). Trying again at every look."
        }
    }

    static func recovery(path: String) -> String { "\(path) is being read." }

    static func unwatched(path: String, error: FileErrno) -> String {
        "The directory of \(path) can't be watched for renames: \(error). A file that is rotated away and replaced "
            + "more than once between two looks will be missed."
    }

    static func recordsLost(path: String) -> String {
        "The kernel dropped renames in the directory of \(path), because too many came at once. Lines of files that "
            + "were rotated away meanwhile may be missing."
    }
}
