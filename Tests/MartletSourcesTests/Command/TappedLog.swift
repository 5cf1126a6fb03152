import Martlet
import Synchronization

/// A log in memory that tells what is appended, and can be made to stand still or to refuse.
final class TappedLog: EventLog {
    private struct State {
        var lines: [String] = []
        var isStill = false
        var isRefusing = false
        var stopped: [CheckedContinuation<Void, Never>] = []
        var appends = 0
        var arePrivate = true
    }

    private let log = MemoryLog(maxBytes: 1 << 20)
    private let state = Mutex(State())

    var epoch: Epoch { self.log.epoch }
    var bounds: LogBounds { self.log.bounds }

    /// The data of all that was appended.
    var lines: [String] { self.state.withLock { $0.lines } }
    /// How often somebody wanted to append.
    var appends: Int { self.state.withLock { $0.appends } }
    /// Whether all of it was private.
    var arePrivate: Bool { self.state.withLock { $0.arePrivate } }

    func stop() { self.state.withLock { $0.isStill = true } }
    func refuse(_ isRefusing: Bool) { self.state.withLock { $0.isRefusing = isRefusing } }

    func goOn() {
        let stopped = self.state.withLock { state in
            state.isStill = false
            defer { state.stopped = [] }
            return state.stopped
        }
        for continuation in stopped { continuation.resume() }
    }

    /// Looks again and again until what was appended is as told, and returns it.
    @discardableResult
    func wait(until isMet: ([String]) -> Bool) async throws -> [String] {
        while true {
            let lines = self.lines
            if isMet(lines) { return lines }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    nonisolated(nonsending) func append(
        _ updates: [Update],
        bookmarks: [Bookmark]
    ) async throws(LogError) -> SequenceNumber {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let isStill = self.state.withLock { state in
                state.appends += 1
                if state.isStill { state.stopped.append(continuation) }
                return state.isStill
            }
            if !isStill { continuation.resume() }
        }
        if self.state.withLock({ $0.isRefusing }) { throw LogError(code: .full, message: "the disk is full") }
        let sequence = try await self.log.append(updates, bookmarks: bookmarks)
        self.state.withLock { state in
            state.lines += updates.map(\.data)
            state.arePrivate = state.arePrivate && updates.allSatisfy(\.isPrivate)
        }
        return sequence
    }

    func page(
        after sequence: SequenceNumber,
        for interest: Interest,
        limit: PageLimit
    ) async throws(LogError) -> LogPage {
        try await self.log.page(after: sequence, for: interest, limit: limit)
    }

    func sequence(ofID id: String) async throws(LogError) -> SequenceNumber? {
        try await self.log.sequence(ofID: id)
    }

    func newest(for interest: Interest, limit: PageLimit) async throws(LogError) -> [LogEntry] {
        try await self.log.newest(for: interest, limit: limit)
    }

    func bookmark(_ name: Bookmark.Name) async throws(LogError) -> String? {
        try await self.log.bookmark(name)
    }
}
