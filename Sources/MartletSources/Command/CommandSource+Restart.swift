import Martlet

extension CommandSource {
    /// A program that has run for this long works: what was wrong before is forgotten.
    private static var goodWhile: Duration { .seconds(10) }

    /// Runs the program again and again until the task is cancelled.
    func keepRunning(publishingTo hub: Hub) async {
        var failures = 0
        while !Task.isCancelled {
            let start = self.clock.now
            let end = await withTaskGroup { group in
                group.addTask {
                    guard (try? await self.clock.sleep(for: Self.goodWhile)) != nil else { return }
                    self.monitor.works()
                }
                defer { group.cancelAll() }
                return await self.runOnce(publishingTo: hub)
            }
            if Task.isCancelled { return }
            self.monitor.fails(end)
            failures = start.duration(to: self.clock.now) >= Self.goodWhile ? 1 : failures + 1
            try? await self.clock.sleep(for: Backoff.delay(after: failures))
        }
    }
}
