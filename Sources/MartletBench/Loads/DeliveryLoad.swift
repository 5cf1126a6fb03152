/// Publishes to many streams and checks what each receives: `martlet bench fan-out`, `latency` and `publish`.
package struct DeliveryLoad: Sendable {
    private let name: String
    private let settings: LoadSettings
    private let plan: PublishPlan
    private let ownTopics: Int
    private let otherTopics: Int

    /// - Parameters:
    ///   - name: the subcommand's, as the report shows it.
    ///   - ownTopics: further topics that each stream asks for, to which nobody publishes.
    ///   - otherTopics: topics that other streams ask for, to which nobody publishes.
    package init(name: String, settings: LoadSettings, plan: PublishPlan, ownTopics: Int = 0, otherTopics: Int = 0) {
        self.name = name
        self.settings = settings
        self.plan = plan
        self.ownTopics = ownTopics
        self.otherTopics = otherTopics
    }

    /// - Throws: ``BenchError`` if there is nothing to show, ``Interruption/Interrupted`` if it was ended before that.
    package func run(
        interruption: Interruption,
        tell: @escaping @Sendable (String) -> Void
    ) async throws -> BenchReport {
        try await LoadSession.run(
            self.settings,
            publishers: self.plan.publishers + self.otherStreams,
            interruption: interruption,
            tell: tell,
            self.measure
        )
    }

    private func measure(_ session: LoadSession) async throws -> BenchReport {
        let residentBefore = try session.cost()?.resident
        var streams = StreamSettings(
            target: self.settings.target,
            route: session.route,
            sight: .markers(payloadBytes: self.plan.payloadBytes)
        )
        streams.publishers = self.plan.publishers
        streams.topics = self.plan.topics
        streams.ownTopics = self.ownTopics
        streams.concurrency = self.settings.concurrency
        let crowd = try await StreamCrowd(
            count: self.settings.streams,
            settings: streams,
            group: session.group,
            failure: session.failure
        )
        let publishers = try await Publishers(
            plan: self.plan,
            target: self.settings.target,
            route: session.route,
            streams: self.settings.streams,
            delivered: { crowd.delivered },
            eventLoop: session.publishingLoop,
            failure: session.failure
        )
        let others = try await self.openOthers(session, streams)
        let connecting = LoadSession.now
        try await session.open(crowd)
        let connectSeconds = LoadSession.seconds(from: connecting, to: crowd.lastOpen)
        try await publishers.open(waiting: session.waiting { "the publishers connect" })

        let waiting = session.waiting {
            let acknowledged = Number.grouped(publishers.counters.acknowledged.now)
            return "\(acknowledged) updates acknowledged, \(Number.grouped(crowd.delivered)) deliveries"
        }
        let before = try session.cost()
        let ownBefore = ProcessCost.ownCPU
        let start = LoadSession.now
        let isAnswered = try await publishers.run(waiting: waiting)
        try await self.drain(crowd, publishers, waiting)
        let seconds = LoadSession.seconds(from: start, to: LoadSession.now)
        let after = try session.cost()
        let own = ProcessCost.ownCPU - ownBefore

        let published = try await publishers.outcome()
        let received = try await crowd.outcome()
        var report = BenchReport(load: self.name, url: self.settings.target.url.origin)
        report.isInterrupted = session.interruption.isSet
        self.tellStreams(crowd, connectSeconds, residentBefore: residentBefore, before, &report)
        self.tellPublishing(publishers.counters, published, isAnswered: isAnswered, &report)
        self.tellDeliveries(crowd, received, publishers.counters, &report)
        report.add(received.latencies, key: "latency", label: "from due to received")
        report.add(server: before, after, seconds: seconds, deliveries: received.distinct)
        report.add(ownCPU: own, deliveries: received.distinct)
        try await publishers.close()
        try await crowd.cut()
        report.add(faults: others?.closedCount ?? 0, "streams of other topics were closed by the server.")
        try await others?.cut()
        return report
    }

    /// What fits into the head of a request that a server takes.
    private static let topicsOfOther = 300

    private var otherStreams: Int { (self.otherTopics + Self.topicsOfOther - 1) / Self.topicsOfOther }

    /// Opens the streams that ask for other topics.
    private func openOthers(_ session: LoadSession, _ streams: StreamSettings) async throws -> StreamCrowd? {
        guard self.otherTopics > 0 else { return nil }
        var settings = streams
        settings.firstTopic = self.plan.topics + self.settings.streams * self.ownTopics
        settings.topics = 1
        settings.ownTopics = (self.otherTopics + self.otherStreams - 1) / self.otherStreams
        let others = try await StreamCrowd(
            count: self.otherStreams,
            settings: settings,
            group: session.group,
            failure: session.failure
        )
        try await others.open(waiting: session.waiting { "\(others.openCount) streams of other topics are open" })
        return others
    }

    /// Waits until everything that was acknowledged has come, or nothing comes any more.
    private func drain(_ crowd: StreamCrowd, _ publishers: Publishers, _ waiting: Waiting) async throws {
        _ = try await waiting.withoutInterruption.until(
            quietFor: self.settings.drain,
            progress: { crowd.delivered }
        ) {
            crowd.delivered >= publishers.counters.expected.now || crowd.closedCount == crowd.count
        }
    }

    private func tellStreams(
        _ crowd: StreamCrowd,
        _ seconds: Double,
        residentBefore: Int?,
        _ cost: ProcessCost?,
        _ report: inout BenchReport
    ) {
        report.add("streams", "streams", crowd.count)
        report.add("connect_s", "  opened within", seconds, "s")
        if let residentBefore, let cost, crowd.count > 0 {
            let each = Double(cost.resident - residentBefore) / Double(crowd.count) / 1024
            report.add("server_kib_per_stream", "  memory of the server's for each", each, "KiB")
        }
        report.add("streams_closed", "  closed by the server", crowd.closedCount)
        report.add(faults: crowd.closedCount, "streams were closed by the server.")
    }

    private func tellPublishing(
        _ counters: PublishCounters,
        _ outcome: PublishOutcome,
        isAnswered: Bool,
        _ report: inout BenchReport
    ) {
        let seconds = LoadSession.seconds(from: counters.firstSend.now, to: counters.lastAnswer.now)
        let acknowledged = counters.acknowledged.now
        report.add("updates", "updates acknowledged", acknowledged)
        report.add("acknowledged_per_s", "  a second", seconds > 0 ? Double(acknowledged) / seconds : 0)
        report.add("updates_failed", "updates not taken", counters.failed.now)
        report.add(outcome.acknowledgements, key: "acknowledge", label: "from due to acknowledged")
        if self.plan.rate != nil {
            let late = outcome.lateness.milliseconds(percentile: 99)
            report.add("sent_late_p99_ms", "sent late: 99 % within", late, "ms")
        }
        report.add("updates_behind", "updates that were due and not sent", outcome.behind)
        report.add(faults: counters.failed.now, "updates were not taken: \(outcome.firstRefusal ?? "no reason")")
        report.add(faults: outcome.behind, "updates were due and not sent, since answers came too late for the rate.")
        if !isAnswered { report.add(fault: "Some updates were not answered within 10 s.") }
    }

    private func tellDeliveries(
        _ crowd: StreamCrowd,
        _ received: StreamOutcome,
        _ counters: PublishCounters,
        _ report: inout BenchReport
    ) {
        let expected = counters.expected.now
        let lost = max(0, expected - received.distinct)
        let seconds = LoadSession.seconds(from: counters.firstSend.now, to: crowd.lastReceipt)
        report.add("deliveries", "deliveries", received.distinct)
        report.add("deliveries_expected", "  expected", expected)
        report.add("deliveries_per_s", "  a second", seconds > 0 ? Double(received.distinct) / seconds : 0)
        report.add("received_bytes", "  bytes received", crowd.bytes)
        report.add("lost", "lost", lost)
        report.add(faults: lost, "deliveries of acknowledged updates did not come.")
        report.add(received.faults)
    }
}
