/// What the machine's counters say at one moment. Two of them make a ``SystemSample``.
struct SystemReading: Sendable, Hashable {
    /// Processor time since boot, in the kernel's ticks.
    struct Processor: Sendable, Hashable {
        var busy: UInt64 = 0
        var idle: UInt64 = 0
    }

    /// In bytes.
    struct Memory: Sendable, Hashable {
        var total: UInt64 = 0
        /// What programs could have without swapping: free memory, and caches that can be given up.
        var available: UInt64 = 0
        var swapTotal: UInt64 = 0
        var swapFree: UInt64 = 0
    }

    /// What went through a network interface since it came up.
    struct Interface: Sendable, Hashable {
        var receivedBytes: UInt64 = 0
        var receivedPackets: UInt64 = 0
        var sentBytes: UInt64 = 0
        var sentPackets: UInt64 = 0
    }

    /// A file system, in bytes.
    struct Disk: Sendable, Hashable {
        var total: UInt64 = 0
        /// What others than root may still write.
        var free: UInt64 = 0
    }

    var processor = Processor()
    /// By the kernel's number; cores that are off are missing.
    var cores: [Int: Processor] = [:]
    /// Over 1, 5 and 15 minutes.
    var load: [Double] = []
    var memory = Memory()
    /// By name, without the loopback.
    var interfaces: [String: Interface] = [:]
    var disk = Disk()
    /// Seconds since boot.
    var uptime = 0.0
}
