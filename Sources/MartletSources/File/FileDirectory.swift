#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// The directory of a followed file, held open: names are resolved in this one directory even when it is moved, and
/// they mean what its journal of renames says.
final class FileDirectory {
    typealias OpenJournal = (_ path: String, _ directory: Int32) throws(FileErrno) -> any FileRenameJournal

    let path: String
    let identity: FileIdentity
    let journal: any FileRenameJournal
    /// Why the directory has no journal, if it should have one.
    let unwatched: FileErrno?
    let descriptor: Int32

    /// Opens the directory; throws ESTALE if another came into its place meanwhile.
    init(path: String, openJournal: OpenJournal) throws(FileErrno) {
        #if os(Linux)
        // O_PATH, which Swift does not import: to look names up, a directory need not be readable.
        let access: Int32 = 0o10000000
        #else
        let access = O_RDONLY
        #endif
        let descriptor = open(path, access | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileErrno(code: errno) }
        do throws(FileErrno) {
            let identity = try FileStatus(descriptor: descriptor).identity
            var journal: any FileRenameJournal = NoFileRenameJournal()
            var unwatched: FileErrno?
            do throws(FileErrno) {
                journal = try openJournal(path, descriptor)
            } catch {
                unwatched = error
            }
            // The journal watches what was at the path, which must be what is open.
            guard try FileStatus(path: path).identity == identity else { throw FileErrno(code: ESTALE) }
            self.path = path
            self.identity = identity
            self.journal = journal
            self.unwatched = unwatched
            self.descriptor = descriptor
        } catch {
            close(descriptor)
            throw error
        }
    }

    deinit { close(descriptor) }

    /// Opens the file of that name for reading.
    func attempt(_ name: [UInt8], lineLimit: Int, start: FileStart) -> FileGeneration.Attempt {
        let path = name.map { CChar(bitPattern: $0) } + [0]
        do throws(FileErrno) {
            // Asked first, because to open and close a FIFO or a device is felt at its other end.
            guard try FileStatus(directory: descriptor, name: path).isRegular else { return .nothing }
            let file = openat(descriptor, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
            guard file >= 0 else { throw FileErrno(code: errno) }
            guard let status = try? FileStatus(descriptor: file), status.isRegular else {
                close(file)
                return .nothing
            }
            return .opened(
                FileReader(
                    descriptor: file,
                    status: status,
                    item: item(of: status.identity),
                    lineLimit: lineLimit,
                    start: start
                )
            )
        } catch {
            return error.isMissing ? .nothing : .refused(error)
        }
    }

    /// The journal of this system.
    static func systemJournal(path: String, directory: Int32) throws(FileErrno) -> any FileRenameJournal {
        #if os(Linux)
        try InotifyFileRenameJournal(path: path, directory: directory)
        #else
        NoFileRenameJournal()
        #endif
    }
}
