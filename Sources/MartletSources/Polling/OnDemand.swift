package import Martlet

/// Runs something while somebody looks at a source's topics, and for some time after.
package struct OnDemand<C: Clock>: Sendable where C.Duration == Duration {
    private let topics: OwnedTopics
    private let linger: Duration
    private let monitor: SourceMonitor
    private let clock: C

    /// Makes a runner.
    ///
    /// - Parameter linger: how long it goes on when nobody looks any more.
    package init(topics: OwnedTopics, linger: Duration, monitor: SourceMonitor, clock: C) {
        self.topics = topics
        self.linger = linger
        self.monitor = monitor
        self.clock = clock
    }

    /// Runs `body` each time that somebody begins to look, and cancels it when nobody does, until the task is cancelled.
    package func run(_ body: @escaping @Sendable () async -> Void) async {
        while !Task.isCancelled {
            _ = self.topics.changes()
            guard self.topics.watchedCount > 0 else {
                await self.topics.changed()
                continue
            }
            self.monitor.count { $0.watches = 1 }
            await withTaskGroup { group in
                group.addTask { await body() }
                await self.isUnwatched()
                group.cancelAll()
            }
            self.monitor.count { $0.watches = 0 }
            self.monitor.rest()
        }
    }

    /// Returns once nobody has looked for as long as it lingers, or the task is cancelled.
    private func isUnwatched() async {
        var end: C.Instant?
        while !Task.isCancelled {
            _ = self.topics.changes()
            if self.topics.watchedCount > 0 {
                end = nil
                await self.topics.changed()
            } else {
                let instant = end ?? self.clock.now.advanced(by: self.linger)
                end = instant
                if self.clock.now >= instant { return }
                await withTaskGroup { group in
                    group.addTask { await self.topics.changed() }
                    group.addTask { try? await self.clock.sleep(until: instant, tolerance: nil) }
                    await group.next()
                    group.cancelAll()
                }
            }
        }
    }
}
