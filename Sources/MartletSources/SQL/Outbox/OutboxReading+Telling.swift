// What the operator is told, and when to look.
extension OutboxReading {
    /// How long the operator is shown that a row was passed over.
    private static var showing: Duration { .seconds(300) }
    /// The time between two checks for rows whose keys can be no ids.
    private static var checking: Duration { .seconds(60) }

    /// Tells of a row whose key can be no update's id, every now and then.
    mutating func checkKeys(on engine: any SQLEngine) async throws(SQLError) {
        if let sentence = try await self.source.reader.strayKey(on: engine) { self.show(sentence, count: 1) }
        self.nextCheck = self.source.clock.now.advanced(by: Self.checking)
    }

    /// Tells of rows that were passed over.
    mutating func tell(_ refused: [(key: Int64, reason: String)]) {
        guard let first = refused.first else { return }
        var sentence = "\(self.source.reader.place): the row \(first.key) was passed over: \(first.reason)"
        if refused.count > 1 {
            let others = refused.dropFirst().prefix(10).map { String($0.key) }.joined(separator: ", ")
            sentence += "; so were \(others)" + (refused.count > 11 ? " and \(refused.count - 11) more" : "")
        }
        self.show(sentence, count: refused.count)
    }

    private mutating func show(_ sentence: String, count: Int) {
        self.source.monitor.fails(sentence)
        self.source.monitor.count { $0.errors += count - 1 }
        self.shownUntil = self.source.clock.now.advanced(by: Self.showing)
    }

    /// Notes that a look was a success; what was passed over is shown for a while all the same.
    mutating func showsSuccess() {
        if let problem = self.wakes.problem { return self.source.monitor.fails(problem) }
        if let shownUntil, self.source.clock.now < shownUntil { return }
        self.shownUntil = nil
        self.source.monitor.works()
    }

    /// The next tick that has not passed; those that have are skipped and counted.
    func nextTick(after tick: C.Instant) -> C.Instant {
        let interval = self.source.options.interval
        let now = self.source.clock.now
        let next = tick.advanced(by: interval)
        // Woken before its time.
        if next > now { return tick > now ? tick : next }
        let missed = Int(next.duration(to: now) / interval) + 1
        if !self.wakes.isWorking { self.source.monitor.count { $0.skipped += missed } }
        return next.advanced(by: interval * missed)
    }

    /// Waits until a moment, or until something tells of a change.
    func wait(until instant: C.Instant) async {
        let (wakes, clock) = (self.wakes, self.source.clock)
        await withTaskGroup { group in
            group.addTask { await wakes.raised() }
            group.addTask { try? await clock.sleep(until: instant, tolerance: nil) }
            await group.next()
            group.cancelAll()
        }
    }
}
