#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The process's file descriptors: each connection takes one.
package enum Descriptors {
    #if canImport(Glibc)
    private static let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #else
    private static let resource = RLIMIT_NOFILE
    #endif

    /// How many may be open, or nil if that is unlimited or unknown.
    package static var limit: Int? {
        var limits = rlimit()
        guard getrlimit(self.resource, &limits) == 0, limits.rlim_cur != .max else { return nil }
        return Int(clamping: limits.rlim_cur)
    }

    /// Raises the soft limit to the hard one; a shell's default of 1,024 is for programs that use `select`.
    package static func raiseLimit() {
        var limits = rlimit()
        guard getrlimit(self.resource, &limits) == 0, limits.rlim_cur < limits.rlim_max else { return }
        limits.rlim_cur = limits.rlim_max
        _ = setrlimit(self.resource, &limits)
    }
}
