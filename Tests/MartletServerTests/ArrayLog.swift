import Martlet
import Synchronization

/// The smallest log there can be, of public parts only, as an application would write one: it keeps everything.
final class ArrayLog: EventLog {
    private struct State {
        var entries: [LogEntry] = []
        var bookmarks: [Bookmark.Name: String] = [:]
        var isRunning = false
    }

    let epoch = Epoch.random()
    private let state = Mutex(State())

    var bounds: LogBounds {
        self.state.withLock { LogBounds(first: 1, last: SequenceNumber($0.entries.count)) }
    }

    /// Whether the hub runs its upkeep.
    var isRunning: Bool { self.state.withLock { $0.isRunning } }

    func append(_ updates: [Update], bookmarks: [Bookmark]) async throws(LogError) -> SequenceNumber {
        self.state.withLock { state in
            let first = SequenceNumber(state.entries.count) + 1
            for (offset, update) in updates.enumerated() {
                let position = Position(epoch: self.epoch, sequence: first + SequenceNumber(offset))
                state.entries.append(LogEntry(position: position, update: update))
            }
            for bookmark in bookmarks { state.bookmarks[bookmark.name] = bookmark.value }
            return first
        }
    }

    func bookmark(_ name: Bookmark.Name) async throws(LogError) -> String? {
        self.state.withLock { $0.bookmarks[name] }
    }

    func page(
        after sequence: SequenceNumber,
        for interest: Interest,
        limit: PageLimit
    ) async throws(LogError) -> LogPage {
        self.state.withLock { state in
            var page = LogPage(entries: [], through: SequenceNumber(state.entries.count), first: 1)
            var bytes = 0
            for entry in state.entries.dropFirst(Int(sequence)) where Self.isFor(interest, entry) {
                page.entries.append(entry)
                bytes += entry.update.data.utf8.count
                guard page.entries.count < limit.updates, bytes < limit.bytes else {
                    page.through = entry.position.sequence
                    break
                }
            }
            return page
        }
    }

    func sequence(ofID id: String) async throws(LogError) -> SequenceNumber? {
        self.state.withLock { $0.entries.last { $0.update.id == id }?.position.sequence }
    }

    func newest(for interest: Interest, limit: PageLimit) async throws(LogError) -> [LogEntry] {
        self.state.withLock { Array($0.entries.filter { Self.isFor(interest, $0) }.suffix(limit.updates)) }
    }

    func run() async {
        self.state.withLock { $0.isRunning = true }
    }

    private static func isFor(_ interest: Interest, _ entry: LogEntry) -> Bool {
        interest.selects(entry.update) && interest.admits(entry.update)
    }
}
