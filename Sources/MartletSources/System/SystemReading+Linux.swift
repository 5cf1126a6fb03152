#if os(Linux)
#if canImport(Musl)
import Musl
#else
import Glibc
#endif

extension SystemReading {
    /// Reads the counters now, and measures the file system of `path`. It blocks.
    static func now(path: String) throws(SourceProblem) -> SystemReading {
        var reading = SystemReading()
        try Self.read("/proc/stat") { reading.takeStat($0) }
        try Self.read("/proc/meminfo") { reading.takeMemory($0) }
        try Self.read("/proc/net/dev") { reading.takeNetwork($0) }
        try Self.read("/proc/loadavg") { reading.takeLoad($0) }
        try Self.read("/proc/uptime") { reading.takeUptime($0) }
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { throw Self.problem("measure the file system of \(path)") }
        let block = UInt64(status.f_frsize)
        reading.disk = Disk(total: UInt64(status.f_blocks) &* block, free: UInt64(status.f_bavail) &* block)
        return reading
    }

    private static func read(_ path: String, _ take: (ProcText) -> Bool) throws(SourceProblem) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.problem("read \(path)") }
        defer { close(descriptor) }
        // Files of /proc don't know their sizes. None of these has a megabyte.
        var bytes: [UInt8] = []
        var isOver = false
        while !isOver, bytes.count < 1 << 20 {
            let start = bytes.count
            bytes += repeatElement(0, count: 16 << 10)
            let count = bytes.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress! + start, 16 << 10, off_t(start))
            }
            guard count >= 0 else { throw Self.problem("read \(path)") }
            bytes.removeLast((16 << 10) - count)
            isOver = count == 0
        }
        guard take(ProcText(bytes)) else {
            throw SourceProblem(.refused, "cannot understand what this kernel says in \(path)")
        }
    }

    private static func problem(_ what: String) -> SourceProblem {
        SourceProblem(.unavailable, "cannot \(what): \(String(cString: strerror(errno)))")
    }
}
#else
extension SystemReading {
    /// Only Linux has files to read this from.
    static func now(path: String) throws(SourceProblem) -> SystemReading {
        throw SourceProblem(.refused, "the machine's state is read from /proc, which only Linux has")
    }
}
#endif
