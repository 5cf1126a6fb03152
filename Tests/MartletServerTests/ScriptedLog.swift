import Martlet
import Synchronization

/// A log in memory that fails, or lets its callers wait, when a test says so.
final class ScriptedLog: EventLog {
    private struct State {
        var failure: LogError?
        var isHeld = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let base: MemoryLog
    private let state = Mutex(State())

    init(epoch: String = "test", keep: Retention = Retention()) {
        self.base = MemoryLog(keep: keep, epoch: Epoch(epoch)!)
    }

    /// What appends and look-ups throw from now on; nil to work again.
    func fail(_ failure: LogError?) {
        self.state.withLock { $0.failure = failure }
    }

    /// Appends and look-ups wait from now on.
    func hold() {
        self.state.withLock { $0.isHeld = true }
    }

    /// Lets those that wait go on.
    func release() {
        let waiting = self.state.withLock { state in
            defer { state.waiting = [] }
            state.isHeld = false
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    /// How many calls wait.
    var waiters: Int { self.state.withLock { $0.waiting.count } }

    private nonisolated(nonsending) func pass() async throws(LogError) {
        await withCheckedContinuation { continuation in
            let isHeld = self.state.withLock { state in
                if state.isHeld { state.waiting.append(continuation) }
                return state.isHeld
            }
            if !isHeld { continuation.resume() }
        }
        if let failure = self.state.withLock({ $0.failure }) { throw failure }
    }

    var epoch: Epoch { self.base.epoch }
    var bounds: LogBounds { self.base.bounds }

    nonisolated(nonsending) func append(
        _ updates: [Update],
        bookmarks: [Bookmark]
    ) async throws(LogError) -> SequenceNumber {
        try await self.pass()
        return try await self.base.append(updates, bookmarks: bookmarks)
    }

    func page(
        after sequence: SequenceNumber,
        for interest: Interest,
        limit: PageLimit
    ) async throws(LogError) -> LogPage {
        try await self.base.page(after: sequence, for: interest, limit: limit)
    }

    func sequence(ofID id: String) async throws(LogError) -> SequenceNumber? {
        try await self.pass()
        return try await self.base.sequence(ofID: id)
    }

    func newest(for interest: Interest, limit: PageLimit) async throws(LogError) -> [LogEntry] {
        try await self.base.newest(for: interest, limit: limit)
    }

    func bookmark(_ name: Bookmark.Name) async throws(LogError) -> String? {
        try await self.base.bookmark(name)
    }
}
