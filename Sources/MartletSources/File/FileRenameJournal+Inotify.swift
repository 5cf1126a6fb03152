#if os(Linux)
#if canImport(Musl)
import Musl
#else
import Glibc
#endif

/// The journal of renames that the Linux kernel keeps: an inotify watch of the directory, read when asked.
///
/// It asks for no IN_MODIFY, so a busy writer fills nothing. IN_DELETE_SELF would never come, because the directory is
/// held open, and IN_MOVE_SELF is not sent when a directory further up moves; so that the directory is another one is
/// found by comparing identities (`FileFollower.reopenDirectoryIfReplaced`), not here.
final class InotifyFileRenameJournal: FileRenameJournal {
    private static let mask = UInt32(IN_CREATE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE | IN_ONLYDIR)
    private static let headerLength = MemoryLayout<inotify_event>.size

    private let descriptor: Int32
    private let entries: OpaquePointer
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 16 * 1024, alignment: 8)

    /// Watches the directory at `path`, which is open as `directory`.
    init(path: String, directory: Int32) throws(FileErrno) {
        let listing = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard listing >= 0 else { throw FileErrno(code: errno) }
        guard let entries = fdopendir(listing) else {
            let error = FileErrno(code: errno)
            close(listing)
            throw error
        }
        let descriptor = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
        if descriptor < 0 || inotify_add_watch(descriptor, path, Self.mask) < 0 {
            let error = FileErrno(code: errno)
            if descriptor >= 0 { close(descriptor) }
            closedir(entries)
            throw error
        }
        self.descriptor = descriptor
        self.entries = entries
    }

    deinit {
        close(descriptor)
        closedir(entries)
        buffer.deallocate()
    }

    func drain(_ visit: (FileRenameRecord) -> Void) {
        while true {
            let count = read(descriptor, buffer.baseAddress, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return }
            var position = 0
            while position + Self.headerLength <= count {
                let event = buffer.loadUnaligned(fromByteOffset: position, as: inotify_event.self)
                let name = position + Self.headerLength
                position = name + Int(event.len)
                guard let kind = Self.kind(event.mask) else { continue }
                // The name is padded with NULs.
                let length = event.len == 0 ? 0 : strnlen(buffer.baseAddress! + name, Int(event.len))
                let bytes = UnsafeRawBufferPointer(rebasing: buffer[name..<(name + length)])
                visit(FileRenameRecord(kind: kind, name: bytes, move: event.cookie))
            }
        }
    }

    /// The kernel changes a directory and queues the event for it under the lock of that directory, but names are looked
    /// up without it: a change can be seen before its event is queued. Listing entries takes the lock, and so returns
    /// after the event of any change already seen. It is done at the end of the directory, if that can be gone to, where
    /// there is nothing to list.
    func settle() {
        seekdir(entries, max(0, lseek(dirfd(entries), 0, SEEK_END)))
        _ = readdir(entries)
    }

    private static func kind(_ mask: UInt32) -> FileRenameRecord.Kind? {
        func has(_ bit: Int32) -> Bool { mask & UInt32(bit) != 0 }
        if has(IN_Q_OVERFLOW) { return .lost }
        if has(IN_CREATE) || has(IN_MOVED_TO) { return .appeared }
        if has(IN_MOVED_FROM) { return .left }
        if has(IN_DELETE) { return .deleted }
        return nil
    }
}
#endif
