import Synchronization

/// The record of one request while it is being made: the task that reads writes it, the one that waits reads it.
final class StreamLog: Sendable {
    private let start = ContinuousClock.now
    private let record: Mutex<StreamRecord>

    /// - Parameter marker: How the data of events begins that are to be kept, however many others there are.
    init(marker: String? = nil) {
        self.record = Mutex(StreamRecord(marker: marker))
    }

    /// Seconds since the request.
    var now: Double { (ContinuousClock.now - self.start) / .seconds(1) }

    var current: StreamRecord { self.record.withLock { $0 } }

    func update<Value: Sendable>(_ change: (inout sending StreamRecord) -> sending Value) -> Value {
        self.record.withLock { change(&$0) }
    }

    /// Waits until the record holds what is wanted, or the given seconds have passed since the request.
    ///
    /// Looks every few milliseconds; the times in the record are exact all the same.
    ///
    /// - Returns: Whether it holds.
    @discardableResult
    func wait(until deadline: Double, _ holds: (borrowing StreamRecord) -> Bool) async -> Bool {
        while true {
            if self.record.withLock({ holds($0) }) { return true }
            let left = deadline - self.now
            if left <= 0 || Task.isCancelled { return false }
            try? await Task.sleep(for: .seconds(min(left, 0.005)))
        }
    }
}
