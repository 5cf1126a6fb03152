/// Cuts all streams at once, publishes while nobody is there, and has all of them come back with the id they saw last:
/// `martlet bench reconnect`.
package struct ReconnectLoad: Sendable {
    private let settings: LoadSettings
    private let missed: Int
    private let payloadBytes: Int

    /// - Parameter missed: how many updates are published while the streams are cut.
    package init(settings: LoadSettings, missed: Int, payloadBytes: Int) {
        self.settings = settings
        self.missed = missed
        self.payloadBytes = payloadBytes
    }

    /// - Throws: ``BenchError`` if there is nothing to show, ``Interruption/Interrupted`` if it was ended before that.
    package func run(
        interruption: Interruption,
        tell: @escaping @Sendable (String) -> Void
    ) async throws -> BenchReport {
        try await LoadSession.run(
            self.settings,
            publishers: 1,
            interruption: interruption,
            tell: tell,
            self.measure
        )
    }

    private func measure(_ session: LoadSession) async throws -> BenchReport {
        // Ids have to be known, so events are parsed; that costs the load more than it does elsewhere.
        var streams = StreamSettings(target: self.settings.target, route: session.route, sight: .events)
        streams.concurrency = self.settings.concurrency
        let crowd = try await StreamCrowd(
            count: self.settings.streams,
            settings: streams,
            group: session.group,
            failure: session.failure
        )
        try await crowd.setGoal(1)
        // One that all see, those they miss, and one that all see again.
        let publishing = try await SteppedPublishing(session, crowd, payloadBytes: self.payloadBytes)
        try await session.open(crowd)
        try await publishing.publish(1)
        try await self.arrive(crowd, session, "have received the first update")
        guard crowd.arrivedCount == crowd.count else {
            throw BenchError(
                .closed,
                "\(crowd.count - crowd.arrivedCount) streams did not receive the first update, so there is no id "
                    + "that all could come back with."
            )
        }
        try await session.waiting { "all streams have received the first update" }.pass(.seconds(1))
        let before = try session.cost()

        try await crowd.cut()
        _ = try await session.waiting { "streams are cut" }.until(
            quietFor: .seconds(5),
            progress: { crowd.openCount }
        ) { crowd.openCount == 0 }
        try await publishing.publish(self.missed)
        try await crowd.setGoal(1 + self.missed)
        let storm = LoadSession.now
        let stormCost = try session.cost()
        try await crowd.open(waiting: session.waiting { "\(Number.grouped(crowd.openCount)) streams are back" })
        let openSeconds = LoadSession.seconds(from: storm, to: crowd.lastOpen)
        try await self.arrive(crowd, session, "have what they missed")
        let caughtUp = crowd.arrivedCount
        let liveSeconds = LoadSession.seconds(from: storm, to: crowd.lastArrival)
        let after = try session.cost()

        try await crowd.setGoal(2 + self.missed)
        try await publishing.publish(1)
        try await self.arrive(crowd, session, "are live again")
        // Memory that was taken for the storm is given back some time after.
        try await session.waiting { "the server comes to rest" }.pass(.seconds(3))
        let rested = try session.cost()

        let received = try await crowd.outcome()
        var report = BenchReport(load: "reconnect", url: self.settings.target.url.origin)
        report.isInterrupted = session.interruption.isSet
        report.add("streams", "streams", crowd.count)
        report.add("missed", "updates published while they were cut", self.missed)
        report.add("open_s", "all answered within", openSeconds, "s")
        report.add("live_s", "all had what they missed within", liveSeconds, "s")
        report.add("caught_up", "  streams", caughtUp)
        report.add("live", "received the update published then", crowd.arrivedCount)
        report.add(received.answers, key: "answer", label: "from connecting to answered")
        report.add("streams_closed", "closed by the server", crowd.closedCount)
        report.add(server: stormCost, after, seconds: liveSeconds)
        if let before, let rested {
            report.add("server_resident_before_kib", "  resident before the cut", before.resident >> 10, "KiB")
            report.add("server_resident_rested_kib", "  resident after the storm", rested.resident >> 10, "KiB")
        }
        report.add(faults: crowd.closedCount, "streams were closed by the server.")
        report.add(faults: crowd.count - caughtUp, "streams did not receive all that they had missed.")
        report.add(faults: crowd.count - crowd.arrivedCount, "streams are not live again.")
        let lost = crowd.count * (self.missed + 2) - received.distinct
        report.add("lost", "lost", max(0, lost))
        report.add(received.faults)
        try await publishing.close()
        try await crowd.cut()
        return report
    }

    /// Waits until all streams have reached the goal, or none has for a while.
    private func arrive(_ crowd: StreamCrowd, _ session: LoadSession, _ what: String) async throws {
        let waiting = session.waiting { "\(Number.grouped(crowd.arrivedCount)) streams \(what)" }
        _ = try await waiting.until(quietFor: self.settings.drain, progress: { crowd.arrivedCount }) {
            try session.failure.check()
            return crowd.arrivedCount + crowd.closedCount >= crowd.count
        }
    }
}
