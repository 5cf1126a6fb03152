#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The system's clocks, in nanoseconds.
package enum SystemTime {
    /// For how long the calling thread has computed.
    package static var thread: UInt64 { Self.time(of: CLOCK_THREAD_CPUTIME_ID) }
    /// For how long the process has computed, itself and the kernel for it; of finer grain than the ticks in `/proc`.
    package static var process: UInt64 { Self.time(of: CLOCK_PROCESS_CPUTIME_ID) }
    /// The time of day, since 1970.
    package static var wall: UInt64 { Self.time(of: CLOCK_REALTIME) }

    private static func time(of clock: clockid_t) -> UInt64 {
        var time = timespec()
        guard clock_gettime(clock, &time) == 0 else { return 0 }
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
