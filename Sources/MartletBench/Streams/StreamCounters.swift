import Synchronization

/// What the streams of one event loop have come to so far. Written on that loop, read from anywhere without waking it.
final class StreamCounters: Sendable {
    /// Streams whose answer has come.
    let open = Atomic(0)
    /// Streams that have reached the goal, see ``Receipts/goal``.
    let arrived = Atomic(0)
    /// Streams that the server ended while they should have been open.
    let closed = Atomic(0)
    /// Updates of this run, or events if the load listens to somebody else's.
    let delivered = Atomic(0)
    let bytes = Atomic(0)
    /// In nanoseconds of the monotonic clock: when the last stream was answered, arrived, and the last update came.
    let lastOpen = Atomic<UInt64>(0)
    let lastArrival = Atomic<UInt64>(0)
    let lastReceipt = Atomic<UInt64>(0)
}

extension Atomic<Int> {
    func add(_ amount: Int) { self.wrappingAdd(amount, ordering: .relaxed) }
    func set(_ value: Int) { self.store(value, ordering: .relaxed) }
    var now: Int { self.load(ordering: .relaxed) }
}

extension Atomic<UInt64> {
    func set(_ value: UInt64) { self.store(value, ordering: .relaxed) }
    var now: UInt64 { self.load(ordering: .relaxed) }
}

/// The first thing that went wrong; whoever waits ends with it.
final class FirstFailure: Sendable {
    private let first = Mutex<BenchError?>(nil)

    func report(_ error: BenchError) {
        self.first.withLock { if $0 == nil { $0 = error } }
    }

    var error: BenchError? { self.first.withLock { $0 } }

    func check() throws(BenchError) {
        if let error = self.error { throw error }
    }
}
