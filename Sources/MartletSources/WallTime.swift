#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A moment of the calendar, in milliseconds since 1970.
struct WallTime: Sendable, Hashable {
    var milliseconds: Int64

    static func now() -> WallTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return WallTime(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    /// The nearest whole multiple of `interval`: a timer fires a little late, and the tick means the whole one.
    func rounded(to interval: Duration) -> WallTime {
        let step = interval.milliseconds
        return WallTime(milliseconds: (self.milliseconds + step / 2) / step * step)
    }

    /// `2026-11-22T15:04:05Z`, with milliseconds if there are any (RFC 3339).
    var iso8601: String {
        var second = time_t(self.milliseconds / 1000)
        var parts = tm()
        gmtime_r(&second, &parts)
        func padded(_ number: some BinaryInteger, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let fraction = self.milliseconds % 1000
        return "\(padded(parts.tm_year + 1900, 4))-\(padded(parts.tm_mon + 1, 2))-\(padded(parts.tm_mday, 2))T"
            + "\(padded(parts.tm_hour, 2)):\(padded(parts.tm_min, 2)):\(padded(parts.tm_sec, 2))"
            + (fraction == 0 ? "" : "." + padded(fraction, 3)) + "Z"
    }
}

extension Duration {
    /// Whole milliseconds.
    var milliseconds: Int64 {
        self.components.seconds * 1000 + self.components.attoseconds / 1_000_000_000_000_000
    }
}
