import Martlet
import Synchronization

/// A door that lets nobody through while it is closed.
final class Gate: Sendable {
    private struct State {
        var isOpen: Bool
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>

    init(isOpen: Bool = true) {
        self.state = Mutex(State(isOpen: isOpen))
    }

    func pass() async {
        await withCheckedContinuation { continuation in
            let passes = self.state.withLock { state in
                if !state.isOpen { state.waiters.append(continuation) }
                return state.isOpen
            }
            if passes { continuation.resume() }
        }
    }

    func open() {
        let waiters = self.state.withLock { state in
            state.isOpen = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    func close() {
        self.state.withLock { $0.isOpen = false }
    }
}

/// A log in memory whose disk stands still when a test wants it to, and fails when a test wants it to.
final class ScriptedLog: EventLog {
    let base: MemoryLog
    let disk: Gate
    let reading = Gate()
    /// The sizes of the batches that were begun.
    private let begun = Mutex<[Int]>([])
    private let failing: @Sendable (_ batch: Int) -> LogError?

    init(
        base: MemoryLog = MemoryLog(),
        diskIsOpen: Bool = true,
        failing: @escaping @Sendable (_ batch: Int) -> LogError? = { _ in nil }
    ) {
        self.base = base
        self.disk = Gate(isOpen: diskIsOpen)
        self.failing = failing
    }

    var batches: [Int] { self.begun.withLock { $0 } }
    var epoch: Epoch { self.base.epoch }
    var bounds: LogBounds { self.base.bounds }

    nonisolated(nonsending) func append(
        _ updates: [Update],
        bookmarks: [Bookmark]
    ) async throws(LogError) -> SequenceNumber {
        let batch = self.begun.withLock { begun in
            begun.append(updates.count)
            return begun.count
        }
        await self.disk.pass()
        if let error = self.failing(batch) { throw error }
        return try await self.base.append(updates, bookmarks: bookmarks)
    }

    func page(after sequence: SequenceNumber, for interest: Interest, limit: PageLimit) async throws(LogError)
        -> LogPage
    {
        await self.reading.pass()
        return try await self.base.page(after: sequence, for: interest, limit: limit)
    }

    func sequence(ofID id: String) async throws(LogError) -> SequenceNumber? {
        try await self.base.sequence(ofID: id)
    }

    func newest(for interest: Interest, limit: PageLimit) async throws(LogError) -> [LogEntry] {
        try await self.base.newest(for: interest, limit: limit)
    }

    func bookmark(_ name: Bookmark.Name) async throws(LogError) -> String? {
        try await self.base.bookmark(name)
    }
}
