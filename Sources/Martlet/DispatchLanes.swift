import NIOCore
import Synchronization

/// What was appended and shards have not looked at yet: a lane for each, in the log's order. Owned by the ``Hub``; used from
/// any thread.
///
/// Event loops append side by side, and encode side by side; here what they bring is put in order again. What comes while
/// a shard has not yet looked is one batch for it. A shard without subscribers is left to sleep, and told of many updates
/// at once: waking a loop costs more than a publish.
final class DispatchLanes: Sendable {
    /// What waits for one shard.
    private struct Lane {
        var entries: [Entry] = []
        var bytes = 0
        /// When the oldest of the entries was brought.
        var since: NIODeadline = .distantFuture
        /// Whether it has subscribers.
        var isFollowed = false
        /// The shard is going to look.
        var isDue = false

        /// A shard that has this much to do is waited for: its subscribers take longer than publishers.
        var isFull: Bool { self.bytes > 8 << 20 || self.entries.count > 8192 }
        /// Whether the shard should look by now.
        var isReady: Bool { self.isFollowed || self.entries.count >= 512 || self.bytes > 1 << 20 }
    }

    /// Updates that follow each other in the log.
    struct Batch {
        var entries: [Entry]
        /// When the oldest of them was brought.
        var since: NIODeadline
    }

    private struct State {
        var lanes: [Lane]
        /// What the log has after everything that is in the lanes.
        var next: SequenceNumber
        /// What came before what stands before it in the log, by its first number.
        var early: [SequenceNumber: Batch] = [:]
        /// Who is to be told that no shard has too much to do any more.
        var waiting: [@Sendable () -> Void] = []

        var hasRoom: Bool { !self.lanes.contains(where: \.isFull) }

        mutating func add(_ batch: Batch) {
            let bytes = batch.entries.reduce(0) { $0 + $1.cost }
            for index in self.lanes.indices {
                self.lanes[index].entries += batch.entries
                self.lanes[index].bytes += bytes
                self.lanes[index].since = min(self.lanes[index].since, batch.since)
            }
            self.next += SequenceNumber(batch.entries.count)
        }

        /// The lanes whose shards should look and aren't going to, but for one that looks anyhow.
        mutating func takeDue(except home: Int) -> [Int] {
            self.lanes.indices.filter { index in
                guard index != home, !self.lanes[index].isDue, self.lanes[index].isReady else { return false }
                self.lanes[index].isDue = true
                return true
            }
        }
    }

    private let state: Mutex<State>

    /// - Parameter next: the number that the log gives next.
    init(count: Int, next: SequenceNumber) {
        self.state = Mutex(State(lanes: Array(repeating: Lane(), count: count), next: next))
    }

    /// Takes a batch; returns the shards that have to be told to look.
    ///
    /// - Parameters:
    ///   - home: the shard that looks anyhow.
    ///   - isInOrder: nobody else appends, so that nothing is missing before it, whatever number it has.
    func add(_ batch: Batch, from home: Int, isInOrder: Bool) -> [Int] {
        guard let first = batch.entries.first?.sequence else { return [] }
        return self.state.withLock { state in
            if isInOrder { state.next = first }
            guard first == state.next else {
                state.early[first] = batch
                return []
            }
            state.add(batch)
            while !state.early.isEmpty, let batch = state.early.removeValue(forKey: state.next) { state.add(batch) }
            return state.takeDue(except: home)
        }
    }

    /// Takes what waits for a shard; nil if nothing does.
    ///
    /// - Parameter isLast: the shard does not take again until there is nothing; so it must be told of what comes then.
    func take(_ index: Int, isLast: Bool = false) -> Batch? {
        let (lane, waiting): (Lane, [@Sendable () -> Void]) = self.state.withLock { state in
            let lane = state.lanes[index]
            let isDue = isLast ? lane.isDue : !lane.entries.isEmpty
            state.lanes[index] = Lane(isFollowed: lane.isFollowed, isDue: isDue)
            guard !state.waiting.isEmpty, state.hasRoom else { return (lane, []) }
            defer { state.waiting = [] }
            return (lane, state.waiting)
        }
        for resume in waiting { resume() }
        return lane.entries.isEmpty ? nil : Batch(entries: lane.entries, since: lane.since)
    }

    /// A shard has got its first subscriber, or lost its last.
    func setFollowed(_ isFollowed: Bool, _ index: Int) {
        self.state.withLock { $0.lanes[index].isFollowed = isFollowed }
    }

    /// Whether no shard is so far behind that publishers have to wait for it; otherwise `resume` is called on any thread
    /// once that is so.
    func hasRoom(orWhenItHas resume: @escaping @Sendable () -> Void) -> Bool {
        self.state.withLock { state in
            if state.hasRoom { return true }
            state.waiting.append(resume)
            return false
        }
    }
}
