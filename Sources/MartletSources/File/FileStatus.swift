#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Which file it is, whatever its name: device and inode. Exact as long as one of the two compared files is held open,
/// because the number of an inode in use is not given to another.
struct FileIdentity: Hashable {
    let device: UInt64
    let inode: UInt64
}

/// What `stat` says of a file, as far as following it needs to know.
struct FileStatus {
    let identity: FileIdentity
    let size: Int64
    let isRegular: Bool
    let isDirectory: Bool
    /// No name is left for it.
    let isDeleted: Bool
    /// When it was last modified; only compared.
    let modified: FileTime

    init(path: String) throws(FileErrno) {
        var raw = stat()
        try Self.check(stat(path, &raw))
        self.init(raw)
    }

    init(descriptor: Int32) throws(FileErrno) {
        var raw = stat()
        try Self.check(fstat(descriptor, &raw))
        self.init(raw)
    }

    init(directory: Int32, name: [CChar]) throws(FileErrno) {
        var raw = stat()
        try Self.check(fstatat(directory, name, &raw, 0))
        self.init(raw)
    }

    private static func check(_ result: Int32) throws(FileErrno) {
        if result != 0 { throw FileErrno(code: errno) }
    }

    private init(_ raw: stat) {
        identity = FileIdentity(device: UInt64(truncatingIfNeeded: raw.st_dev), inode: UInt64(raw.st_ino))
        size = Int64(raw.st_size)
        isRegular = raw.st_mode & S_IFMT == S_IFREG
        isDirectory = raw.st_mode & S_IFMT == S_IFDIR
        isDeleted = raw.st_nlink == 0
        #if canImport(Darwin)
        modified = FileTime(
            seconds: Int64(raw.st_mtimespec.tv_sec),
            nanoseconds: Int64(raw.st_mtimespec.tv_nsec)
        )
        #else
        modified = FileTime(seconds: Int64(raw.st_mtim.tv_sec), nanoseconds: Int64(raw.st_mtim.tv_nsec))
        #endif
    }
}

/// A moment as the file system has it.
struct FileTime: Hashable, Comparable, Sendable {
    var seconds: Int64
    var nanoseconds: Int64

    /// A moment that no file that is modified from now on was modified before: kernels take the time of their last tick.
    static func beforeNow() -> FileTime {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let tick = 20_000_000
        return now.tv_nsec >= tick
            ? FileTime(seconds: Int64(now.tv_sec), nanoseconds: Int64(now.tv_nsec - tick))
            : FileTime(seconds: Int64(now.tv_sec) - 1, nanoseconds: Int64(now.tv_nsec - tick + 1_000_000_000))
    }

    static func < (left: FileTime, right: FileTime) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }
}

/// What a system call failed with.
struct FileErrno: Error, Equatable, CustomStringConvertible {
    let code: Int32

    var description: String { String(cString: strerror(code)) }

    /// Nothing lies at the path.
    var isMissing: Bool { code == ENOENT || code == ENOTDIR }
}
