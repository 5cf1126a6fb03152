import Martlet

/// An ``SQLOutboxSource`` at work: where it is, and when it looks next. It lives as long as the engine that it asks, in
/// the task that runs the source.
struct OutboxReading<C: Clock> where C.Duration == Duration {
    /// How a look ended.
    private enum Outcome {
        /// There is more to read, at once.
        case more(isLate: Bool)
        /// All was read but what has to wait, until a moment if that is known.
        case read(waitingUntil: C.Instant?)
        case failed(String)
    }

    /// Keys that have been missing for longer are asked for less often, unless something tells when to look.
    private static var young: Int64 { 60 }
    private static var oldInterval: Duration { .seconds(10) }

    let source: SQLOutboxSource<C>
    private let hub: Hub
    let wakes: Wakes
    private var engine: (any SQLEngine)?
    /// Nil until it is known.
    private var position: OutboxPosition?
    /// Where the table ended when this began, if that is where it begins.
    private var end: OutboxPosition?
    private var marks: OutboxMarks<C.Instant>
    /// Until when a row that was passed over is shown.
    var shownUntil: C.Instant?
    var nextCheck: C.Instant
    private var nextOld: C.Instant
    /// Whether all that was missing has been asked for, and nothing has failed since: it may have been committed while
    /// nobody asked, for however long that was, so none of it is given up before.
    private var hasAsked = false

    init(source: SQLOutboxSource<C>, hub: Hub, wakes: Wakes) {
        self.source = source
        self.hub = hub
        self.wakes = wakes
        self.marks = OutboxMarks(wait: source.gapWait)
        self.nextCheck = source.clock.now
        self.nextOld = source.clock.now
    }

    /// Reads until the task is cancelled.
    mutating func run() async {
        var tick = self.source.clock.now
        var failures = 0
        var isContinued = false
        while !Task.isCancelled {
            _ = self.wakes.take()
            let outcome = await self.look(asksForMissing: !isContinued)
            if Task.isCancelled { break }
            isContinued = false
            switch outcome {
            case .more(let isLate):
                failures = 0
                isContinued = !isLate
            case .read(let instant):
                failures = 0
                self.showsSuccess()
                tick = self.nextTick(after: tick)
                let calm = self.source.clock.now.advanced(by: self.source.options.calmInterval)
                let next = self.wakes.isWorking ? calm : tick
                await self.wait(until: instant.map { min($0, next) } ?? next)
            case .failed(let problem):
                failures += 1
                self.hasAsked = false
                self.source.monitor.fails(problem)
                try? await self.source.clock.sleep(for: Backoff.delay(after: failures))
                tick = self.source.clock.now
            }
        }
        await self.engine?.close()
    }

    private mutating func look(asksForMissing: Bool) async -> Outcome {
        self.source.monitor.count { $0.ticks += 1 }
        do throws(SQLError) {
            let engine = try self.opened()
            let now = WallTime.now().milliseconds / 1000
            var position: OutboxPosition
            switch try await self.known(on: engine, now: now) {
            case .success(let known): position = known
            case .failure(let problem): return .failed(problem.message)
            }
            if self.source.clock.now >= self.nextCheck { try await self.checkKeys(on: engine) }
            position.expire(at: now, after: self.patience)
            var asked = position
            if asksForMissing, !self.asksForOld(), self.hasAsked { asked.expire(at: now, after: Self.young) }
            let clock = self.source.clock
            let page = try await self.source.reader.page(
                after: asked,
                asksForMissing: asksForMissing,
                marks: &self.marks,
                now: { clock.now },
                on: engine
            )
            if let problem = await self.publish(page, after: position, now: now) { return .failed(problem) }
            if asksForMissing, !page.hasMoreLate { self.hasAsked = true }
            if page.hasMore || page.hasMoreLate { return .more(isLate: page.hasMoreLate) }
            return .read(waitingUntil: page.waiting.flatMap { self.marks.settling(of: $0) })
        } catch {
            return .failed(error.message)
        }
    }

    /// How long a missing key is asked for, in seconds.
    private var patience: Int64 { self.hasAsked ? OutboxPosition.patience : .max }

    private mutating func opened() throws(SQLError) -> any SQLEngine {
        if let engine { return engine }
        let made = try self.source.makeEngine()
        self.engine = made
        return made
    }

    /// Whether keys that have been missing for long are asked for this time.
    private mutating func asksForOld() -> Bool {
        let now = self.source.clock.now
        guard self.wakes.isWorking || now >= self.nextOld else { return false }
        self.nextOld = now.advanced(by: Self.oldInterval)
        return true
    }

    /// Where the reading is: as it was noted, or the beginning.
    private mutating func known(
        on engine: any SQLEngine,
        now: Int64
    ) async throws(SQLError) -> Result<OutboxPosition, SourceProblem> {
        if let position { return .success(position) }
        let source = self.source
        let text: String?
        do throws(LogError) {
            text = try await self.hub.bookmark(of: source.name)
        } catch {
            return .failure(SourceProblem(.unavailable, "its position cannot be read: \(error.message)"))
        }
        if let text {
            guard let bookmark = OutboxBookmark(text) else {
                // To begin anew would repeat everything.
                return .failure(
                    SourceProblem(
                        .refused,
                        "the position that the log keeps for it is none that this version writes, so nothing is "
                            + "published; give the source another name to begin anew"
                    )
                )
            }
            if bookmark.table == source.options.table.text, bookmark.key == source.options.columns.key.text {
                self.position = bookmark.position
                return .success(bookmark.position)
            }
        }
        guard source.options.start == .new else {
            self.position = OutboxPosition()
            return .success(OutboxPosition())
        }
        let end: OutboxPosition
        if let known = self.end { end = known } else { end = try await source.reader.end(now: now, on: engine) }
        self.end = end
        // At once: what is inserted while the hub is down is new.
        if let problem = await self.note(end, with: []) { return .failure(problem) }
        return .success(end)
    }

    /// Publishes what was found, and notes the position behind it; a sentence if that failed.
    private mutating func publish(_ page: OutboxReader.Page, after start: OutboxPosition, now: Int64) async -> String? {
        var position = start
        var updates: [Update] = []
        var refused: [(key: Int64, reason: String)] = []
        for found in page.found {
            if found.key > position.through {
                position.advance(to: found.key, at: now)
            } else {
                _ = position.fill(found.key)
            }
            do throws(OutboxRowFormat.Refusal) {
                let row = try found.content.get()
                updates.append(try self.source.format.update(of: row, key: found.key) { self.hub.owner(of: $0) })
            } catch {
                refused.append((found.key, error.reason))
            }
        }
        if position.through != start.through || position.gaps != start.gaps {
            position.expire(at: now, after: self.patience)
            if let problem = await self.note(position, with: updates) { return problem.message }
        }
        self.tell(refused)
        return nil
    }

    /// Publishes updates and notes the position, or neither.
    private mutating func note(_ position: OutboxPosition, with updates: [Update]) async -> SourceProblem? {
        let bookmark = OutboxBookmark(
            table: self.source.options.table.text,
            key: self.source.options.columns.key.text,
            position: position
        )
        do throws(PublishError) {
            try await self.hub.publish(updates, bookmarks: [Bookmark(of: self.source.name, value: bookmark.text)])
            self.position = position
            self.source.monitor.count { $0.updates += updates.count }
            return nil
        } catch {
            // The log knows whether it has them.
            self.position = nil
            return SourceProblem(.unavailable, "cannot publish: \(error)")
        }
    }
}
