/// One publisher that publishes a few updates when it is told to, and waits until they are acknowledged.
struct SteppedPublishing: Sendable {
    private let publishers: Publishers
    private let session: LoadSession

    init(_ session: LoadSession, _ crowd: StreamCrowd, payloadBytes: Int) async throws {
        self.session = session
        self.publishers = try await Publishers(
            plan: PublishPlan(payloadBytes: payloadBytes, updates: 0, duration: .seconds(60)),
            target: session.settings.target,
            route: session.route,
            streams: crowd.count,
            eventLoop: session.publishingLoop,
            failure: session.failure
        )
        try await self.publishers.open(waiting: session.waiting { "the publisher connects" })
    }

    /// - Throws: ``BenchError`` if they are not acknowledged.
    func publish(_ updates: Int) async throws {
        let publishers = self.publishers
        let goal = publishers.counters.acknowledged.now + updates
        try await publishers.extend(to: goal)
        let isDone = try await self.session.waiting { "publishing" }.until(
            quietFor: .seconds(10),
            progress: { publishers.counters.acknowledged.now }
        ) {
            try self.session.failure.check()
            guard publishers.counters.failed.now == 0 else {
                throw BenchError(.refused, "An update was not taken.")
            }
            return publishers.counters.acknowledged.now >= goal
        }
        guard isDone else { throw BenchError(.unreachable, "Some updates were not answered within 10 s.") }
    }

    func close() async throws { try await self.publishers.close() }
}
