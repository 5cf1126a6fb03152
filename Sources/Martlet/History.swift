import NIOCore

/// Reads of the log on behalf of subscribers, and what else a request waits for: each is a child task of the hub's
/// `run()`.
final class History: Sendable {
    let log: any EventLog
    private let reads: AsyncStream<@Sendable () async -> Void>
    private let pending: AsyncStream<@Sendable () async -> Void>.Continuation

    init(log: any EventLog) {
        self.log = log
        // Not bounded here, since it is bounded by its users: a subscriber has at most one read under way.
        (self.reads, self.pending) = AsyncStream.makeStream()
    }

    /// What a read is answered with that comes too late.
    static let ended = LogError(code: .unavailable, message: "The hub is shutting down.")

    /// Has `body` run as a task; from any thread. False if the hub has ended: it is not run then.
    func perform(_ body: @escaping @Sendable () async -> Void) -> Bool {
        if case .terminated = self.pending.yield(body) { return false }
        return true
    }

    /// Runs the reads until the task is cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            for await read in self.reads {
                group.addTask { await read() }
            }
        }
    }

    /// Where a subscriber begins that brings this id, if that needs no reading.
    func resumeAtOnce(id: String) -> ResumePoint? {
        let bounds = self.log.bounds
        if id == Update.earliest { return ResumePoint(cursor: bounds.first - 1, lastEventID: id) }
        guard let position = Position(id), position.epoch == self.log.epoch else { return nil }
        guard position.sequence <= bounds.last else { return nil }
        if position.sequence >= bounds.first - 1 { return ResumePoint(cursor: position.sequence, lastEventID: id) }
        let resumed = Position(epoch: self.log.epoch, sequence: bounds.first - 1).description
        return ResumePoint(
            cursor: bounds.first - 1,
            lastEventID: resumed,
            gap: Gap(requested: id, reason: .trimmed, resumed: resumed)
        )
    }

    /// Where a newcomer begins that looks at topics with a backlog: with the newest updates of those.
    func backlog(of topics: [OwnedTopics.Backlog], for interest: Interest) async throws(LogError) -> ResumePoint {
        // Before the look: what comes meanwhile is sent after it, and not twice.
        let cursor = self.log.bounds.last
        var entries: [LogEntry] = []
        var room = History.maxBacklogBytes
        // Whoever comes may ask for as many as a stream may have.
        for backlog in topics.prefix(History.maxBacklogs) where room > 0 {
            let newest = try await self.log.newest(
                for: Interest(selectors: [backlog.selector], grants: interest.grants),
                limit: PageLimit(updates: backlog.count, bytes: room)
            ).filter { $0.position.sequence <= cursor }
            room -= newest.reduce(0) { $0 + $1.update.data.utf8.count }
            entries += newest
        }
        return ResumePoint(
            cursor: cursor,
            backlog: entries.map { ($0.position.sequence, $0.frame) }
        )
    }

    /// What a newcomer is sent of all its topics' backlogs together.
    private static let maxBacklogBytes = 4 << 20
    private static let maxBacklogs = 100

    /// Where a subscriber begins that brings this id.
    func resume(id: String, for interest: Interest) async throws(LogError) -> ResumePoint {
        if let point = self.resumeAtOnce(id: id) { return point }
        var known = try await self.log.sequence(ofID: id, for: interest)
        // Of another topic: a page may be given the id of whatever its publisher has published last.
        if known == nil { known = try await self.log.sequence(ofID: id) }
        if let sequence = known {
            return ResumePoint(cursor: sequence, lastEventID: id)
        }
        let bounds = self.log.bounds
        if let position = Position(id), position.epoch != self.log.epoch, position.epoch.looksGiven {
            // The log it knew is lost; whatever this one holds came later.
            let resumed = Position(epoch: self.log.epoch, sequence: bounds.first - 1).description
            return ResumePoint(
                cursor: bounds.first - 1,
                lastEventID: resumed,
                gap: Gap(requested: id, reason: .newEpoch, resumed: resumed)
            )
        }
        // As Mercure does: from the newest that matches, so that only what comes is sent. The bounds were read before,
        // so what has come since then is not skipped; it may be what `newest` found, and is not sent twice then.
        let newest = try await self.log.newest(for: interest)
        let resumed = newest?.id ?? Update.earliest
        return ResumePoint(
            cursor: max(bounds.last, newest?.position.sequence ?? 0),
            lastEventID: resumed,
            gap: Gap(requested: id, reason: .unknownID, resumed: resumed)
        )
    }
}
