import NIOCore
import Synchronization

/// What was appended and shards have not looked at yet: a lane for each, in the log's order. Owned by the ``Hub``; used from
/// any thread.
///
/// Event loops append one after the other, and are given numbers (``inOrder(_:)``); they encode side by side, and here what
/// they bring is put in that order again. What comes while a shard has not yet looked is one batch for it. A shard without
/// subscribers is left to sleep, and told of many updates at once: waking a loop costs more than a publish.
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
        var isReady: Bool {
            self.isFollowed && !self.entries.isEmpty || self.entries.count >= 512 || self.bytes > 1 << 20
        }
    }

    /// What was appended at once.
    struct Batch {
        var entries: [Entry]
        /// When the oldest of them was brought.
        var since: NIODeadline
    }

    private struct State {
        var lanes: [Lane]
        /// The turn that comes after everything that is in the lanes.
        var next = 0
        /// What came before its turn.
        var early: [Int: Batch] = [:]
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
            self.next += 1
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
    /// How many have appended.
    private let turns = Mutex(0)

    init(count: Int) {
        self.state = Mutex(State(lanes: Array(repeating: Lane(), count: count)))
    }

    /// Appends while nobody else does; returns what `append` does, and whose turn it was. What was appended must be
    /// given to ``add(_:turn:from:)``, be it nothing: whatever comes after it waits for it.
    func inOrder(_ append: () -> SequenceNumber) -> (first: SequenceNumber, turn: Int) {
        self.turns.withLock { turns in
            defer { turns += 1 }
            return (append(), turns)
        }
    }

    /// Takes a batch; returns the shards that have to be told to look.
    ///
    /// - Parameter home: the shard that looks anyhow.
    func add(_ batch: Batch, turn: Int, from home: Int) -> [Int] {
        self.state.withLock { state in
            guard turn == state.next else {
                state.early[turn] = batch
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
