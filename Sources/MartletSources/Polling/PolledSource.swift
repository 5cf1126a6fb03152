package import Martlet

/// When a ``PolledSource`` asks, and what it publishes.
package struct PollingOptions: Sendable {
    /// The time between two ticks.
    package var interval: Duration
    /// How long a watch goes on when nobody looks any more.
    package var linger: Duration
    /// Whether every tick is published, changed or not.
    package var emitsAlways: Bool

    /// Makes options; what isn't given is as most need it.
    package init(interval: Duration, linger: Duration = .seconds(10), emitsAlways: Bool = false) {
        self.interval = interval
        self.linger = linger
        self.emitsAlways = emitsAlways
    }
}

/// A source of values: asks a ``Sampler`` at regular intervals for all that somebody looks at, and publishes what changed.
///
/// A watch is asked for when it begins, then with all the others at each tick. A tick that comes while the one before is
/// not over is skipped. While what is watched can't be reached, it is tried less and less often.
///
/// All of it is one task, the one that runs it.
package struct PolledSource<C: Clock>: Source where C.Duration == Duration {
    package var name: String { self.topics.owner }
    private let topics: OwnedTopics
    private let template: URITemplate?
    private let sampler: any Sampler
    private let options: PollingOptions
    private let monitor: SourceMonitor
    private let clock: C

    /// Newcomers that come within this time are asked for together.
    private static var gathering: Duration { .milliseconds(20) }
    private static var longestBackoff: Duration { .seconds(30) }

    /// Makes a source; it asks nothing before it runs.
    package init(
        topics: OwnedTopics,
        sampler: any Sampler,
        options: PollingOptions,
        monitor: SourceMonitor,
        clock: C
    ) {
        self.topics = topics
        self.template = topics.selector.template
        self.sampler = sampler
        self.options = options
        self.monitor = monitor
        self.clock = clock
    }

    package func run(publishingTo hub: Hub) async throws {
        var table = WatchTable<C.Instant>(template: self.template, linger: self.options.linger)
        var tick = self.clock.now
        // When what could not be had is asked for again, after how many failures in a row.
        var retry = tick
        var failures = 0
        while !Task.isCancelled {
            let now = self.clock.now
            table.apply(self.topics.changes(), now: now)
            let ended = table.end(at: now)
            if !ended.isEmpty { hub.forget(ended) }
            self.monitor.count { $0.watches = table.entries.count }
            if table.isEmpty {
                if !ended.isEmpty { await self.sampler.close() }
                failures = 0
                self.monitor.rest()
                await self.topics.changed()
                // Those who come together are asked for together.
                try? await self.clock.sleep(for: Self.gathering)
                tick = self.clock.now
                retry = tick
                continue
            }
            // While something can't be had, ticks wait for the retry too.
            let isRetry = failures > 0 && now >= retry
            let isTick = now >= tick && (failures == 0 || isRetry)
            let due = isTick ? table.all : table.newcomers + (isRetry ? table.retries : [])
            if due.isEmpty {
                let next = failures == 0 ? tick : retry
                await self.wait(until: table.nextEnd.map { min($0, next) } ?? next)
                continue
            }
            let isComplete = await self.sample(due, &table, hub, isTick: isTick)
            let after = self.clock.now
            if isTick { tick = self.nextTick(after: tick, now: after) }
            if !isComplete {
                // A newcomer's failure doesn't put off the retry of others.
                if failures == 0 || isRetry { failures += 1 }
                retry = after.advanced(by: self.backoff(failures))
            } else if isTick || isRetry {
                failures = 0
            }
            if !isTick { try? await self.clock.sleep(for: Self.gathering) }
        }
        await self.sampler.close()
    }

    /// Asks for watches, and publishes what changed; false if something is to be asked for again before its time.
    private func sample(
        _ due: [Watch],
        _ table: inout WatchTable<C.Instant>,
        _ hub: Hub,
        isTick: Bool
    ) async -> Bool {
        let results = await self.sampler.sample(due)
        self.monitor.count { $0.ticks += 1 }
        var updates: [Update] = []
        var problem: SourceProblem?
        var isComplete = true
        for (watch, result) in zip(due, results) {
            switch result {
            case .success(let value):
                table.noteSampled(watch.topic, needsRetry: false)
                guard self.options.emitsAlways || table.hasChanged(watch.topic, to: value) else { continue }
                // What a topic can be, a watch's topic is; an update of it has nothing that could be refused.
                guard
                    let update = try? Update(topic: watch.topic, data: value, isPrivate: !self.topics.isPublic)
                else { continue }
                updates.append(update)
            case .failure(let failure):
                table.noteSampled(watch.topic, needsRetry: failure.code == .unavailable)
                if failure.code == .unavailable { isComplete = false }
                problem = problem ?? failure
            }
        }
        if !updates.isEmpty {
            do throws(PublishError) {
                try await hub.publish(updates)
                for update in updates { table.notePublished(update.topics[0], update.data) }
                self.monitor.count { $0.updates += updates.count }
            } catch {
                // They are still what changed.
                isComplete = false
                for update in updates { table.noteSampled(update.topics[0], needsRetry: true) }
                problem = problem ?? SourceProblem(.refused, "cannot publish: \(error)")
            }
        }
        // Only a look at everything can tell that all is well.
        if let problem { self.monitor.fails(problem.message) } else if isTick { self.monitor.works() }
        return isComplete
    }

    /// The next tick that has not passed; those that have are skipped and counted.
    private func nextTick(after tick: C.Instant, now: C.Instant) -> C.Instant {
        let next = tick.advanced(by: self.options.interval)
        if next > now { return next }
        let late = next.duration(to: now)
        let missed = Int(late / self.options.interval) + 1
        self.monitor.count { $0.skipped += missed }
        return next.advanced(by: self.options.interval * missed)
    }

    /// Grows twofold from half a second, and is drawn at random from its upper half, so that hubs don't return together.
    private func backoff(_ failures: Int) -> Duration {
        let most = min(Duration.milliseconds(500) * (1 << min(max(failures, 1) - 1, 10)), Self.longestBackoff)
        return most * Double.random(in: 0.5...1)
    }

    /// Waits until a moment, or until what is looked at changes.
    private func wait(until instant: C.Instant) async {
        await withTaskGroup { group in
            group.addTask { await self.topics.changed() }
            group.addTask { try? await self.clock.sleep(until: instant, tolerance: nil) }
            await group.next()
            group.cancelAll()
        }
    }
}
