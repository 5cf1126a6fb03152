#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Looking through a directory.
extension FileDirectory {
    /// The names in it, but for those of directories where the file system says so, that pass a test.
    func names(where isWanted: ([UInt8]) -> Bool) throws(FileErrno) -> [[UInt8]] {
        let listing = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard listing >= 0 else { throw FileErrno(code: errno) }
        guard let stream = fdopendir(listing) else {
            let error = FileErrno(code: errno)
            close(listing)
            throw error
        }
        defer { closedir(stream) }
        var names: [[UInt8]] = []
        while let entry = readdir(stream) {
            if entry.pointee.d_type == UInt8(DT_DIR) { continue }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if isWanted(name) { names.append(name) }
        }
        return names
    }

    /// What lies under a name.
    func status(of name: [UInt8]) throws(FileErrno) -> FileStatus {
        try FileStatus(directory: descriptor, name: name.map { CChar(bitPattern: $0) } + [0])
    }

    /// What a file is called among the bookmarks.
    func item(of file: FileIdentity) -> String {
        let number = file.device == identity.device ? "\(file.inode)" : "\(file.device):\(file.inode)"
        return "\(path)#\(number)"
    }
}
