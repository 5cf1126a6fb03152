/// Listens to whatever streams bring, and publishes nothing: `martlet bench listen`.
package struct ListenLoad: Sendable {
    private let settings: LoadSettings
    private let duration: Duration
    private let ownPayloadBytes: Int?

    /// - Parameter ownPayloadBytes: the payload's size where the events are those of `martlet bench floor`, which are
    ///   counted by their markers and may end.
    package init(settings: LoadSettings, duration: Duration, ownPayloadBytes: Int? = nil) {
        self.settings = settings
        self.duration = duration
        self.ownPayloadBytes = ownPayloadBytes
    }

    /// - Throws: ``BenchError`` if there is nothing to show, ``Interruption/Interrupted`` if it was ended before that.
    package func run(
        interruption: Interruption,
        tell: @escaping @Sendable (String) -> Void
    ) async throws -> BenchReport {
        try await LoadSession.run(
            self.settings,
            publishers: 0,
            interruption: interruption,
            tell: tell,
            self.measure
        )
    }

    private func measure(_ session: LoadSession) async throws -> BenchReport {
        var streams = StreamSettings(
            target: self.settings.target,
            route: session.route,
            sight: self.ownPayloadBytes.map { .markers(payloadBytes: $0) } ?? .events
        )
        streams.concurrency = self.settings.concurrency
        streams.mayEnd = self.ownPayloadBytes != nil
        let crowd = try await StreamCrowd(
            count: self.settings.streams,
            settings: streams,
            countsEvents: self.ownPayloadBytes == nil,
            group: session.group,
            failure: session.failure
        )
        let start = LoadSession.now
        try await crowd.open(waiting: session.waiting { "\(Number.grouped(crowd.openCount)) streams are open" })
        let connectSeconds = LoadSession.seconds(from: start, to: crowd.lastOpen)
        let before = try session.cost()
        let listening = LoadSession.now
        try await session.waiting { "\(Number.grouped(crowd.delivered)) events" }.pass(self.duration) {
            try session.failure.check()
            return crowd.openCount == 0
        }
        let seconds = LoadSession.seconds(from: listening, to: LoadSession.now)
        let after = try session.cost()
        let received = try await crowd.outcome()

        var report = BenchReport(load: "listen", url: self.settings.target.url.origin + self.settings.target.url.target)
        report.isInterrupted = session.interruption.isSet
        report.add("streams", "streams", crowd.count)
        report.add("connect_s", "  opened within", connectSeconds, "s")
        report.add("streams_closed", "  closed by the server", crowd.closedCount)
        report.add("seconds", "listened for", seconds, "s")
        report.add("events", "events received", crowd.delivered)
        report.add("events_per_s", "  a second", seconds > 0 ? Double(crowd.delivered) / seconds : 0)
        report.add("received_bytes", "  bytes received", crowd.bytes)
        report.add(server: before, after, seconds: seconds, deliveries: crowd.delivered)
        if self.ownPayloadBytes == nil {
            report.add(faults: crowd.closedCount, "streams were closed by the server.")
            report.add(faults: received.faults.gaps, "times the server said that updates are missing (martlet:gap).")
        } else {
            report.add(received.faults)
        }
        try await crowd.cut()
        return report
    }
}
