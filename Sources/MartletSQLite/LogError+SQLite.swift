import GRDB
import Martlet

extension LogError {
    /// Why a file could not be opened as a log.
    init(opening path: String, _ error: any Error) {
        if let error = error as? LogError {
            self = error
            return
        }
        let reason = LogError(path: path, error)
        let isForeign = (error as? DatabaseError)?.resultCode == .SQLITE_NOTADB
        self.init(
            code: reason.code == .unavailable ? .cannotOpen : reason.code,
            message: isForeign
                ? "\(path) is not an SQLite database, so it is no log of Martlet's."
                : "The log can't be opened: \(reason.message)"
        )
    }

    /// Why something could not be done with an open log.
    init(path: String, _ error: any Error) {
        if let error = error as? LogError {
            self = error
            return
        }
        guard let error = error as? DatabaseError else {
            self.init(code: .unavailable, message: "\(path): \(error)")
            return
        }
        let detail = error.message ?? "SQLite error \(error.extendedResultCode.rawValue)"
        switch error.resultCode {
        case .SQLITE_FULL:
            self.init(code: .full, message: "\(path): the disk is full.")
        case .SQLITE_READONLY, .SQLITE_PERM:
            self.init(code: .readOnly, message: "\(path): it can't be written to (\(detail)).")
        default:
            self.init(code: .unavailable, message: "\(path): \(detail).")
        }
    }
}
