#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// What is spelled differently from system to system.
enum SystemCall {
    static func failure(_ call: String) -> BenchError {
        BenchError(.system, "\(call): \(String(cString: strerror(errno)))")
    }

    static var monotonicNanoseconds: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}

/// Constants of sockets that are enumerations on one system and numbers on another.
enum SocketKind {
    #if canImport(Glibc)
    static let stream = CInt(SOCK_STREAM.rawValue)
    static let quiet = CInt(MSG_NOSIGNAL)
    static let withoutWaiting = CInt(MSG_DONTWAIT)
    #elseif canImport(Musl)
    static let stream = SOCK_STREAM
    static let quiet = CInt(MSG_NOSIGNAL)
    static let withoutWaiting = CInt(MSG_DONTWAIT)
    #else
    static let stream = SOCK_STREAM
    static let quiet: CInt = 0
    static let withoutWaiting = CInt(MSG_DONTWAIT)
    #endif
}
