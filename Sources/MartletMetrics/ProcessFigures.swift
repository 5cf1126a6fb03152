#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What the process uses of its machine, as the kernel tells it.
package struct ProcessFigures: Sendable, Hashable {
    /// Bytes of memory that are resident.
    package var residentBytes: Int
    /// Seconds for which it has computed, itself and the kernel for it.
    package var cpuSeconds: Double
    /// How many descriptors it has open, if that can be had.
    package var openDescriptors: Int?
    /// When it began, in seconds since 1970, if that can be had.
    package var startTime: Double?
}

#if os(Linux)
extension ProcessFigures {
    /// What is used right now, or nil where there is no `/proc`.
    ///
    /// It reads files that the kernel makes up, so it hardly waits; where kernels are older than 6.2, descriptors are
    /// counted one by one.
    package static func now() -> ProcessFigures? {
        guard let stat = Self.contents(of: "/proc/self/stat").flatMap(ProcessStat.init) else { return nil }
        return ProcessFigures(
            residentBytes: stat.residentPages * sysconf(Int32(_SC_PAGESIZE)),
            cpuSeconds: Self.cpuSeconds,
            openDescriptors: Self.openDescriptors,
            startTime: Self.startTime
        )
    }

    private static var cpuSeconds: Double { Double(SystemTime.process) / 1e9 }

    /// Read once: it is reckoned from the time of day, which may be set.
    private static let startTime: Double? = {
        guard
            let stat = contents(of: "/proc/self/stat").flatMap(ProcessStat.init),
            let uptime = contents(of: "/proc/uptime")?.split(separator: " ").first.flatMap({ Double($0) })
        else { return nil }
        let age = uptime - Double(stat.startTicks) / Double(sysconf(Int32(_SC_CLK_TCK)))
        return Double(SystemTime.wall) / 1e9 - age
    }()

    private static var openDescriptors: Int? {
        var status = Status()
        if stat("/proc/self/fd", &status) == 0, status.st_size > 0 { return Int(status.st_size) }
        guard let folder = opendir("/proc/self/fd") else { return nil }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        // The folder itself, its parent, and the descriptor it is read with.
        return max(0, count - 3)
    }

    /// The text of a file of `/proc` that has no more than a page.
    private static func contents(of path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { memory in
            let count = read(descriptor, memory.baseAddress!, memory.count)
            return count > 0 ? String(decoding: memory[..<count], as: UTF8.self) : nil
        }
    }

    private typealias Status = stat
}
#else
extension ProcessFigures {
    /// Only Linux has files to read this from.
    package static func now() -> ProcessFigures? { nil }
}
#endif

/// What is of use in `/proc/self/stat` (proc_pid_stat(5)).
struct ProcessStat: Hashable {
    var residentPages: Int
    /// When the process began, in clock ticks after the machine did.
    var startTicks: Int

    /// Nil if the text is something else.
    init?(_ text: String) {
        // The program's name stands in parentheses, and may have some of its own.
        guard let end = text.lastIndex(of: ")") else { return nil }
        // The first of these is the third field.
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 21, let start = Int(fields[19]), let pages = Int(fields[21]) else { return nil }
        self.startTicks = start
        self.residentPages = pages
    }
}
