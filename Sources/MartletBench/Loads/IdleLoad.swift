/// Holds streams on which nothing happens, and tells what they cost the server: `martlet bench idle`.
package struct IdleLoad: Sendable {
    private let settings: LoadSettings
    private let duration: Duration

    package init(settings: LoadSettings, duration: Duration) {
        self.settings = settings
        self.duration = duration
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
        let empty = try session.cost()
        var streams = StreamSettings(
            target: self.settings.target,
            route: session.route,
            sight: .markers(payloadBytes: Marker.byteCount)
        )
        streams.concurrency = self.settings.concurrency
        let crowd = try await StreamCrowd(
            count: self.settings.streams,
            settings: streams,
            group: session.group,
            failure: session.failure
        )
        let connecting = LoadSession.now
        try await session.open(crowd)
        let connectSeconds = LoadSession.seconds(from: connecting, to: crowd.lastOpen)
        let before = try session.cost()
        let start = LoadSession.now
        try await session.waiting { "\(Number.grouped(crowd.openCount)) streams are idle" }.pass(self.duration) {
            try session.failure.check()
            return crowd.openCount == 0
        }
        let seconds = LoadSession.seconds(from: start, to: LoadSession.now)
        let after = try session.cost()

        var report = BenchReport(load: "idle", url: self.settings.target.url.origin)
        report.isInterrupted = session.interruption.isSet
        report.add("streams", "streams", crowd.count)
        report.add("connect_s", "  opened within", connectSeconds, "s")
        report.add("streams_closed", "  closed by the server", crowd.closedCount)
        report.add("seconds", "looked at for", seconds, "s")
        report.add("received_bytes", "bytes received (heartbeats, and how streams begin)", crowd.bytes)
        if let empty, let after {
            let each = Double(after.resident - empty.resident) / Double(max(1, crowd.count)) / 1024
            report.add("server_kib_per_stream", "server: memory for each stream", each, "KiB")
        }
        report.add(server: before, after, seconds: seconds)
        report.add(faults: crowd.closedCount, "streams were closed by the server.")
        try await crowd.cut()
        return report
    }
}
