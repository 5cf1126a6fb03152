import NIOCore
import Synchronization

/// Hands what was appended to every shard, in the log's order. Owned by the ``Hub``; used from any of its event loops.
///
/// Whoever appends holds the dispatcher's lock meanwhile, so that what shards are told is in the log's order, whichever
/// event loop it came from. What comes while a shard has not yet looked is one batch for it.
final class Dispatcher: Sendable {
    /// What waits for one shard.
    private struct Lane {
        var entries: [Entry] = []
        var bytes = 0
        /// When the oldest of the entries was brought.
        var since: NIODeadline = .distantFuture
        /// The shard is going to look.
        var isDue = false

        /// A shard that has this much to do is waited for: its subscribers take longer than publishers.
        var isFull: Bool { self.bytes > 8 << 20 || self.entries.count > 8192 }
    }

    private struct State {
        var lanes: [Lane]
        /// Who is to be told that no shard has too much to do any more.
        var waiting: [@Sendable () -> Void] = []

        var hasRoom: Bool { !self.lanes.contains(where: \.isFull) }
    }

    private let shards: [(eventLoop: any EventLoop, shard: NIOLoopBoundBox<Shard>)]
    private let ownership: Ownership
    private let epoch: Epoch
    private let state: Mutex<State>

    init(
        _ shards: [(eventLoop: any EventLoop, shard: NIOLoopBoundBox<Shard>)],
        ownership: Ownership,
        epoch: Epoch
    ) {
        self.shards = shards
        self.ownership = ownership
        self.epoch = epoch
        self.state = Mutex(State(lanes: shards.map { _ in Lane() }))
    }

    /// Takes what the log has been given, and has the shards of all other loops look.
    ///
    /// The caller's own is to be given ``drain(_:)`` afterwards: first publishers hear of it, so that nobody waits for a
    /// walk over subscribers that isn't his.
    ///
    /// - Parameters:
    ///   - home: the place of the caller's loop.
    ///   - start: when the oldest of the updates was brought.
    ///   - append: appends, and tells where the first of the updates is.
    func add(
        _ updates: [Update],
        from home: Int,
        since start: NIODeadline,
        append: () -> SequenceNumber
    ) -> SequenceNumber {
        let (first, due) = self.state.withLock { state in
            let first = append()
            let entries = updates.enumerated().map { offset, update in
                Entry(
                    LogEntry(
                        position: Position(epoch: self.epoch, sequence: first + SequenceNumber(offset)),
                        update: update
                    ),
                    isConflated: self.ownership.conflates(update.topics)
                )
            }
            let bytes = entries.reduce(0) { $0 + $1.cost }
            var due: [Int] = []
            for index in state.lanes.indices {
                state.lanes[index].entries += entries
                state.lanes[index].bytes += bytes
                state.lanes[index].since = min(state.lanes[index].since, start)
                if index != home, !state.lanes[index].isDue {
                    state.lanes[index].isDue = true
                    due.append(index)
                }
            }
            return (first, due)
        }
        for index in due {
            self.shards[index].eventLoop.execute { self.drain(index) }
        }
        return first
    }

    /// Takes what the log has been given at `first`, from the only one who appends.
    func add(_ updates: [Update], at first: SequenceNumber, from home: Int, since start: NIODeadline) {
        _ = self.add(updates, from: home, since: start) { first }
    }

    /// Gives a shard what waits for it; only on its loop.
    func drain(_ index: Int) {
        let (eventLoop, shard) = self.shards[index]
        let stretch = Stretch()
        while let (entries, start) = self.take(index) {
            shard.value.dispatch(entries, since: start)
            guard stretch.isOver else { continue }
            // It stays due meanwhile, so that nobody else has it look before the sockets have been looked at.
            eventLoop.assumeIsolated().scheduleTask(in: Stretch.pause) { self.drain(index) }
            return
        }
    }

    private func take(_ index: Int) -> (entries: [Entry], since: NIODeadline)? {
        let (batch, waiting): (Lane, [@Sendable () -> Void]) = self.state.withLock { state in
            let lane = state.lanes[index]
            // Keeps nothing of what it held alive, nor its room.
            state.lanes[index] = Lane(isDue: !lane.entries.isEmpty)
            guard !state.waiting.isEmpty, state.hasRoom else { return (lane, []) }
            defer { state.waiting = [] }
            return (lane, state.waiting)
        }
        for resume in waiting { resume() }
        return batch.entries.isEmpty ? nil : (batch.entries, batch.since)
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
