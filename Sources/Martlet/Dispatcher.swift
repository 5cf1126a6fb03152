import NIOCore

/// Hands what was appended to every shard, in the log's order; used on any of the hub's event loops.
struct Dispatcher: Sendable {
    private let shards: [(eventLoop: any EventLoop, shard: NIOLoopBoundBox<Shard>)]
    private let lanes: DispatchLanes
    private let ownership: Ownership
    private let epoch: Epoch

    init(
        _ shards: [(eventLoop: any EventLoop, shard: NIOLoopBoundBox<Shard>)],
        lanes: DispatchLanes,
        ownership: Ownership,
        epoch: Epoch
    ) {
        self.shards = shards
        self.lanes = lanes
        self.ownership = ownership
        self.epoch = epoch
    }

    /// Has the log given updates, encodes them, and has the shards of other loops look.
    ///
    /// The caller's own is to be told afterwards, with ``look(_:)``: first publishers hear of it, so that nobody waits for a
    /// walk over subscribers that isn't his.
    ///
    /// - Parameters:
    ///   - home: the place of the caller's loop.
    ///   - start: when the oldest of the updates was brought.
    ///   - append: appends; returns the number of the first of them, and so does this.
    @discardableResult
    func dispatch(
        _ updates: [Update],
        from home: Int,
        since start: NIODeadline,
        append: () -> SequenceNumber
    ) -> SequenceNumber {
        let (first, turn) = self.lanes.inOrder(append)
        let entries = updates.enumerated().map { offset, update in
            Entry(
                LogEntry(
                    position: Position(epoch: self.epoch, sequence: first + SequenceNumber(offset)),
                    update: update
                ),
                isConflated: self.ownership.conflates(update.topics)
            )
        }
        let batch = DispatchLanes.Batch(entries: entries, since: start)
        for index in self.lanes.add(batch, turn: turn, from: home) {
            let shard = self.shards[index].shard
            self.shards[index].eventLoop.execute { shard.value.look() }
        }
        return first
    }

    /// Has the caller's own shard look, at that place.
    func look(_ index: Int) {
        self.shards[index].shard.value.look()
    }

    /// Does something on the caller's own loop, at that place, piece by piece; see ``LoopTurns``.
    func perform(on index: Int, _ piece: @escaping () -> Bool) {
        self.shards[index].shard.value.turns.perform(piece)
    }

    /// Notes that something was brought to the caller's own loop, at that place, by a task; see ``LoopTurns/note()``.
    func note(on index: Int) {
        self.shards[index].shard.value.turns.note()
    }

    /// Lets the sockets of the caller's own loop, at that place, have their turn; on that loop.
    nonisolated(nonsending) func pause(on index: Int) async {
        await withCheckedContinuation { continuation in
            self.shards[index].shard.value.turns.pause { continuation.resume() }
        }
    }

    /// See ``DispatchLanes/hasRoom(orWhenItHas:)``.
    func hasRoom(orWhenItHas resume: @escaping @Sendable () -> Void) -> Bool {
        self.lanes.hasRoom(orWhenItHas: resume)
    }
}
