import Martlet

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Keeps a second process from a log: two writers would give the same sequence number twice.
///
/// It is an advisory lock on a file of its own, which the system lets go of when the process ends, however it ends.
/// SQLite's own file is left alone, since closing any descriptor of it would drop SQLite's locks.
final class FileLock: Sendable {
    private let descriptor: CInt

    init(path: String, of log: String) throws(LogError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            let reason = errno
            throw LogError(
                code: reason == EROFS || reason == EACCES ? .readOnly : reason == ENOSPC ? .full : .cannotOpen,
                message: "The log \(log) can't be opened: \(path): \(String(cString: strerror(reason)))."
            )
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw LogError(
                code: .cannotOpen,
                message: "The log \(log) is in use by another process; a log belongs to one hub at a time."
            )
        }
        self.descriptor = descriptor
    }

    deinit { close(self.descriptor) }
}
