/// Opens many streams as fast as the server answers, then publishes one update: `martlet bench join`.
package struct JoinLoad: Sendable {
    private let settings: LoadSettings
    private let payloadBytes: Int

    package init(settings: LoadSettings, payloadBytes: Int) {
        self.settings = settings
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
        var streams = StreamSettings(
            target: self.settings.target,
            route: session.route,
            sight: .markers(payloadBytes: self.payloadBytes)
        )
        streams.concurrency = self.settings.concurrency
        let crowd = try await StreamCrowd(
            count: self.settings.streams,
            settings: streams,
            group: session.group,
            failure: session.failure
        )
        try await crowd.setGoal(1)
        let publishers = try await Publishers(
            plan: PublishPlan(payloadBytes: self.payloadBytes, updates: 1, duration: .seconds(20)),
            target: self.settings.target,
            route: session.route,
            streams: self.settings.streams,
            eventLoop: session.publishingLoop,
            failure: session.failure
        )
        try await publishers.open(waiting: session.waiting { "the publisher connects" })
        let before = try session.cost()
        let start = LoadSession.now
        try await crowd.open(waiting: session.waiting { "\(Number.grouped(crowd.openCount)) streams are open" })
        let joinSeconds = LoadSession.seconds(from: start, to: crowd.lastOpen)
        let after = try session.cost()
        // Not counted as joining: that each of them really is a subscriber.
        try await session.waiting { "all streams are open" }.pass(.milliseconds(500))
        let waiting = session.waiting { "\(Number.grouped(crowd.arrivedCount)) streams have received an update" }
        _ = try await publishers.run(waiting: waiting)
        _ = try await waiting.until(quietFor: self.settings.drain, progress: { crowd.arrivedCount }) {
            crowd.arrivedCount + crowd.closedCount >= crowd.count
        }
        let received = try await crowd.outcome()

        var report = BenchReport(load: "join", url: self.settings.target.url.origin)
        report.isInterrupted = session.interruption.isSet
        report.add("streams", "streams", crowd.count)
        report.add("join_s", "  opened within", joinSeconds, "s")
        report.add("joins_per_s", "  a second", joinSeconds > 0 ? Double(crowd.count) / joinSeconds : 0)
        report.add(received.answers, key: "answer", label: "from connecting to answered")
        report.add("streams_closed", "closed by the server", crowd.closedCount)
        report.add("received_by", "received the update published then", crowd.arrivedCount)
        report.add(server: before, after, seconds: joinSeconds)
        report.add(faults: crowd.closedCount, "streams were closed by the server.")
        report.add(
            faults: crowd.count - crowd.closedCount - crowd.arrivedCount,
            "streams did not receive an update that was published after they had been answered."
        )
        report.add(received.faults)
        try await publishers.close()
        try await crowd.cut()
        return report
    }
}
