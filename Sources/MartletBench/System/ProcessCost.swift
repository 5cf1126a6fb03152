#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// What processes have computed and hold, from `/proc`.
package struct ProcessCost: Sendable, Hashable {
    /// Seconds in the program, and in the kernel on its behalf.
    package var user = 0.0
    package var system = 0.0
    /// Resident memory in bytes.
    package var resident = 0

    package var cpu: Double { self.user + self.system }

    /// The sum over processes, such as the workers of one server.
    ///
    /// - Throws: ``BenchError`` with code `noProcess` if one of them can't be read.
    package static func read(_ processes: [Int]) throws(BenchError) -> ProcessCost {
        var sum = ProcessCost()
        for process in processes {
            guard let stat = SystemFile.text(at: "/proc/\(process)/stat"),
                let status = SystemFile.text(at: "/proc/\(process)/status"),
                let times = Self.times(stat: stat)
            else { throw BenchError(.noProcess, "There is no process \(process), or /proc tells nothing of it.") }
            sum.user += times.user
            sum.system += times.system
            sum.resident += Self.resident(status: status)
        }
        return sum
    }

    /// What this process has computed, in seconds.
    package static var ownCPU: Double {
        var usage = rusage()
        #if canImport(Glibc)
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        #else
        getrusage(RUSAGE_SELF, &usage)
        #endif
        return Self.seconds(usage.ru_utime) + Self.seconds(usage.ru_stime)
    }

    private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }

    /// Source: proc(5), /proc/pid/stat, fields 14 and 15. The name in field 2 may hold blanks and brackets.
    static func times(stat: String) -> (user: Double, system: Double)? {
        guard let end = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[stat.index(after: end)...].split(separator: " ")
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return nil }
        let ticks = Double(sysconf(CInt(_SC_CLK_TCK)))
        return (user / ticks, system / ticks)
    }

    static func resident(status: String) -> Int {
        for line in status.split(separator: "\n") where line.hasPrefix("VmRSS:") {
            let words = line.split(whereSeparator: \.isWhitespace)
            return words.count > 1 ? (Int(words[1]) ?? 0) << 10 : 0
        }
        return 0
    }
}
