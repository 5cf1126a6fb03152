package import Martlet

/// Asks again and again for all that somebody looks at, and publishes what is new: the values of a ``Sampler`` that have
/// changed, or the items of an ``ItemReader``.
///
/// A watch is asked for when it begins, then with all the others at each tick. A tick that comes while the one before is
/// not over is skipped. What has ``Wakes`` that tell of changes is asked for when they do, and ticks hardly ever. While
/// what is watched can't be reached, it is tried less and less often.
///
/// All of it is one task, the one that runs it, and a child that listens.
package struct PolledSource<C: Clock>: Source where C.Duration == Duration {
    enum Asking: Sendable {
        case values(any Sampler)
        case items(any ItemReader)
    }

    package var name: String { self.topics.owner }
    package var owned: OwnedTopics? { self.topics }
    let topics: OwnedTopics
    let asking: Asking
    let options: PollingOptions
    let wakes: Wakes
    let monitor: SourceMonitor
    let clock: C

    /// Those that come within this time are asked for together.
    private static var gathering: Duration { .milliseconds(20) }
    private static var itemWatches: Int { 16 }

    /// Makes a source of values; it asks nothing before it runs.
    ///
    /// - Parameter wakes: what tells that a value has changed; they never do unless somebody is given them.
    package init(
        topics: OwnedTopics,
        sampler: any Sampler,
        options: PollingOptions,
        wakes: Wakes = Wakes(),
        monitor: SourceMonitor,
        clock: C
    ) {
        self.init(topics, .values(sampler), options, wakes, monitor, clock)
    }

    /// Makes a source of items; it asks nothing before it runs.
    package init(
        topics: OwnedTopics,
        reader: any ItemReader,
        options: PollingOptions,
        wakes: Wakes = Wakes(),
        monitor: SourceMonitor,
        clock: C
    ) {
        self.init(topics, .items(reader), options, wakes, monitor, clock)
    }

    private init(
        _ topics: OwnedTopics,
        _ asking: Asking,
        _ options: PollingOptions,
        _ wakes: Wakes,
        _ monitor: SourceMonitor,
        _ clock: C
    ) {
        self.topics = topics
        self.asking = asking
        self.options = options
        self.wakes = wakes
        self.monitor = monitor
        self.clock = clock
    }

    package func run(publishingTo hub: Hub) async throws {
        var table = self.makeTable()
        while !Task.isCancelled {
            table.apply(self.topics.changes(), now: self.clock.now)
            if table.isEmpty {
                await self.topics.changed()
                // Those who come together are asked for together.
                try? await self.clock.sleep(for: Self.gathering)
                continue
            }
            await withTaskGroup { group in
                if case .values(let sampler) = self.asking { group.addTask { await sampler.listen() } }
                await self.watch(&table, hub)
                group.cancelAll()
            }
            self.monitor.rest()
            switch self.asking {
            case .values(let sampler): await sampler.close()
            case .items(let reader): await reader.close()
            }
        }
    }

    /// Asks until nobody looks any more, or the task is cancelled.
    private func watch(_ table: inout WatchTable<C.Instant>, _ hub: Hub) async {
        var schedule = PollingSchedule(self.options, start: self.clock.now)
        while !Task.isCancelled {
            let now = self.clock.now
            table.apply(self.topics.changes(), now: now)
            let ended = table.end(at: now)
            if !ended.isEmpty { hub.forget(ended) }
            self.monitor.count { $0.watches = table.entries.count }
            if table.isEmpty { return }
            table.wake(self.wakes.take())
            if !table.isRetrying { schedule.settle() }
            let (isTick, isRetry) = schedule.isDue(at: now, isCalm: self.wakes.isWorking)
            if isTick { table.tick() }
            let due = self.portion(of: table, withRetries: isRetry)
            if due.isEmpty, !isTick {
                let next = schedule.next(isCalm: self.wakes.isWorking)
                await self.wait(until: table.nextEnd.map { min($0, next) } ?? next)
                continue
            }
            let isComplete = due.isEmpty ? true : await self.ask(due, &table, hub)
            let skipped = schedule.asked(
                isTick: isTick,
                isRetry: isRetry,
                isComplete: isComplete,
                from: now,
                to: self.clock.now
            )
            if skipped > 0 { self.monitor.count { $0.skipped += skipped } }
            if !isTick, table.due.isEmpty { try? await self.clock.sleep(for: Self.gathering) }
        }
    }

    /// As many as may be asked for in one go. Items are held until they are published, so of those it is few.
    ///
    /// What is retried has half of it if need be, since there may always be others that are due.
    private func portion(of table: WatchTable<C.Instant>, withRetries isRetry: Bool) -> [Watch] {
        guard case .items = self.asking else { return table.due + (isRetry ? table.retries : []) }
        let most = Self.itemWatches
        let retries = isRetry ? table.retries(atMost: max(most / 2, most - table.dueCount)) : []
        return table.due(atMost: most - retries.count) + retries
    }

    private func makeTable() -> WatchTable<C.Instant> {
        let asking = self.asking
        let isExact = if case .items = asking { true } else { false }
        return WatchTable(
            template: self.topics.selector.template,
            linger: self.options.linger,
            isExact: isExact
        ) { watch in
            switch asking {
            case .values(let sampler): sampler.names(of: watch)
            case .items(let reader): reader.names(of: watch)
            }
        }
    }

    /// Waits until a moment, or until what is looked at changes, or something wakes.
    private func wait(until instant: C.Instant) async {
        await withTaskGroup { group in
            group.addTask { await self.topics.changed() }
            group.addTask { await self.wakes.raised() }
            group.addTask { try? await self.clock.sleep(until: instant, tolerance: nil) }
            await group.next()
            group.cancelAll()
        }
    }
}
