import DequeModule
import Synchronization

/// A log in memory, bounded in updates, age and bytes. A restart starts a new epoch: what it held is gone, and clients
/// that come back are told so.
///
/// ```swift
/// let log = MemoryLog(keep: Retention(updates: 10_000), maxBytes: 16 << 20)
/// let hub = Hub(log: log, eventLoopGroup: group)
/// ```
///
/// It may be used from any task or thread.
public final class MemoryLog: EventLog {
    /// The bytes it holds unless told otherwise: 64 MiB.
    public static let defaultBytes = 64 << 20

    /// Which history this is; a new one for every instance.
    public let epoch: Epoch
    private let keep: Retention
    private let maxBytes: Int
    private let state: Mutex<State>

    private struct State {
        var ring = IndexedRing<LogEntry>(startingAfter: 0)
        /// Publisher's ids; the newest update wins where one was given twice.
        var byID: [ExactText: SequenceNumber] = [:]
        /// The older ones of those that were given more than once, oldest first.
        var olderByID: [ExactText: Deque<SequenceNumber>] = [:]
        /// When each kept update came, in the ring's order, if age is limited.
        var arrivals = ArrivalTimes()
        /// The bookmarks of whole sources.
        var bookmarks: [Bookmark.Name: String] = [:]
        /// Those of items, by source, so that none takes another's place.
        var items: [String: RecentCache<String, String>] = [:]
    }

    /// Makes an empty log.
    ///
    /// - Parameters:
    ///   - keep: what to trim by count and age.
    ///   - maxBytes: the most bytes to hold, whatever `keep` says.
    ///   - epoch: the history's name, random unless given.
    public init(keep: Retention = Retention(), maxBytes: Int = MemoryLog.defaultBytes, epoch: Epoch = .random()) {
        self.epoch = epoch
        self.keep = keep
        self.maxBytes = maxBytes
        self.state = Mutex(State())
    }

    /// What is kept right now.
    public var bounds: LogBounds {
        self.state.withLock { LogBounds(first: $0.ring.first, last: $0.ring.last) }
    }

    /// What the updates take.
    public var bytes: Int? { self.state.withLock { $0.ring.cost } }

    /// Appends all of `updates` and trims what is too much. Never throws.
    public nonisolated(nonsending) func append(
        _ updates: [Update],
        bookmarks: [Bookmark]
    ) async throws(LogError) -> SequenceNumber {
        self.appendAtOnce(updates, bookmarks: bookmarks)
    }

    func appendAtOnce(_ updates: [Update], bookmarks: [Bookmark]) -> SequenceNumber {
        let now = ContinuousClock.now
        return self.state.withLock { state in
            for bookmark in bookmarks {
                if bookmark.name.item.isEmpty {
                    state.bookmarks[bookmark.name] = bookmark.value
                } else {
                    state.items[bookmark.name.source, default: RecentCache(capacity: Bookmark.maxItems)]
                        .insert(bookmark.value, for: bookmark.name.item)
                }
            }
            let start = state.ring.last + 1
            for (offset, update) in updates.enumerated() {
                let sequence = start + SequenceNumber(offset)
                if let id = update.id.map(ExactText.init), let older = state.byID.updateValue(sequence, forKey: id) {
                    state.olderByID[id, default: []].append(older)
                }
                state.ring.append(
                    LogEntry(position: Position(epoch: self.epoch, sequence: sequence), update: update)
                )
            }
            if self.keep.age != nil { state.arrivals.note(through: state.ring.last, at: now) }
            self.trim(&state, now: now)
            return start
        }
    }

    /// Reads on after a place.
    public func page(
        after sequence: SequenceNumber,
        for interest: Interest,
        limit: PageLimit
    ) async throws(LogError) -> LogPage {
        self.state.withLock { state in
            self.trim(&state, now: .now)
            let start = max(sequence, state.ring.first - 1)
            var filter = InterestFilter(interest)
            let page = state.ring.page(after: start, for: &filter, limit: limit)
            return LogPage(entries: page.elements, through: page.through, first: state.ring.first)
        }
    }

    /// Finds the update that its publisher gave this id, if there is one only.
    public func sequence(ofID id: String) async throws(LogError) -> SequenceNumber? {
        self.state.withLock { state in
            let id = ExactText(id)
            return state.olderByID[id] == nil ? state.byID[id] : nil
        }
    }

    /// Finds the newest update with an id that an interest selects and admits, of the newest few with the id.
    public func sequence(ofID id: String, for interest: Interest) async throws(LogError) -> SequenceNumber? {
        self.state.withLock { state in
            let id = ExactText(id)
            guard let newest = state.byID[id] else { return nil }
            var filter = InterestFilter(interest)
            let numbers = [newest] + (state.olderByID[id].map { $0.suffix(100).reversed() } ?? [])
            return numbers.first { number in
                guard let entry = state.ring.element(at: number) else { return false }
                return filter.selects(entry.topics) && filter.admits(isPrivate: entry.isPrivate, topics: entry.topics)
            }
        }
    }

    /// The value of the newest bookmark with a name.
    public func bookmark(_ name: Bookmark.Name) async throws(LogError) -> String? {
        self.state.withLock { state in
            name.item.isEmpty ? state.bookmarks[name] : state.items[name.source]?.value(for: name.item)
        }
    }

    /// Finds the newest updates that an interest selects and admits.
    public func newest(for interest: Interest, limit: PageLimit) async throws(LogError) -> [LogEntry] {
        self.state.withLock { $0.ring.newest(for: interest, limit: limit) }
    }

    private func trim(_ state: inout State, now: ContinuousClock.Instant) {
        let expired = self.keep.age.map { state.arrivals.expire(before: now - $0) } ?? 0
        while let oldest = state.ring.oldest,
            oldest.sequence <= expired || state.ring.cost > self.maxBytes
                || state.ring.count > self.keep.updates ?? .max
        {
            state.ring.removeOldest()
            guard let id = oldest.update.id.map(ExactText.init) else { continue }
            if state.byID[id] == oldest.sequence { state.byID[id] = nil }
            guard state.olderByID[id]?.first == oldest.sequence else { continue }
            state.olderByID[id]?.removeFirst()
            if state.olderByID[id]?.isEmpty == true { state.olderByID[id] = nil }
        }
        state.arrivals.forget(before: state.ring.first)
    }
}

extension MemoryLog: ImmediateLog {}

/// When updates came, in steps of a second: a mark says that everything up to a sequence number had come by then.
private struct ArrivalTimes {
    private var marks: Deque<(through: SequenceNumber, at: ContinuousClock.Instant)> = []
    private var expired: SequenceNumber = 0

    mutating func note(through sequence: SequenceNumber, at now: ContinuousClock.Instant) {
        if let last = self.marks.last, now - last.at < .seconds(1) {
            // What comes within a second of a mark shares its time, and goes up to a second early.
            self.marks[self.marks.count - 1].through = sequence
        } else {
            self.marks.append((sequence, now))
        }
    }

    /// Drops what is known of updates before `sequence`, which are gone.
    mutating func forget(before sequence: SequenceNumber) {
        guard let oldest = self.marks.first, oldest.through < sequence else { return }
        self.marks.removeFirst(self.marks.prefix { $0.through < sequence }.count)
    }

    /// The newest sequence number that came before `instant`.
    mutating func expire(before instant: ContinuousClock.Instant) -> SequenceNumber {
        let count = self.marks.prefix { $0.at < instant }.count
        if count > 0 {
            self.expired = self.marks[count - 1].through
            self.marks.removeFirst(count)
        }
        return self.expired
    }
}
