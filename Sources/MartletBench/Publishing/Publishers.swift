import NIOCore
import NIOPosix

/// The publishers of a load, as seen from its task.
final class Publishers: Sendable {
    private let eventLoop: any EventLoop
    private let pool: NIOLoopBoundBox<PublisherPool>
    private let plan: PublishPlan
    private let failure: FirstFailure
    let counters = PublishCounters()

    init(
        plan: PublishPlan,
        target: HubTarget,
        route: Route,
        streams: Int,
        delivered: @escaping @Sendable () -> Int = { 0 },
        eventLoop: any EventLoop,
        failure: FirstFailure
    ) async throws {
        self.eventLoop = eventLoop
        self.plan = plan
        self.failure = failure
        let request = try PublishRequest(target: target, batch: plan.batch, payloadBytes: plan.payloadBytes)
        let counters = self.counters
        self.pool = try await eventLoop.submit {
            NIOLoopBoundBox(
                PublisherPool(
                    plan: plan,
                    request: request,
                    route: route,
                    streamsOfTopic: { streams / plan.topics + ($0 < streams % plan.topics ? 1 : 0) },
                    delivered: delivered,
                    eventLoop: eventLoop,
                    counters: counters,
                    failure: failure
                ),
                eventLoop: eventLoop
            )
        }.get()
    }

    /// Connects all of them.
    func open(waiting: Waiting) async throws {
        let pool = self.pool
        self.eventLoop.execute { pool.value.open() }
        guard try await self.becomeIdle(waiting: waiting) else {
            throw BenchError(.unreachable, "The publishers could not connect within 20 s.")
        }
    }

    /// Publishes until the plan is carried out, its time is over or an interrupt comes, and all answers have come.
    ///
    /// False if some have not.
    func run(waiting: Waiting) async throws -> Bool {
        let pool = self.pool
        try await self.eventLoop.submit { pool.value.start() }.get()
        let total = self.plan.updates.map { _ in self.plan.requests * self.plan.batch } ?? .max
        try await waiting.pass(self.plan.duration) {
            try self.failure.check()
            return self.counters.acknowledged.now + self.counters.failed.now >= total
        }
        try await self.eventLoop.submit { pool.value.stop() }.get()
        // Whoever interrupts wants to see something now.
        return try await self.becomeIdle(waiting: waiting.withoutInterruption, within: .seconds(10))
    }

    /// Publishes until there are so many updates altogether, without waiting for it.
    func extend(to updates: Int) async throws {
        let pool = self.pool
        try await self.eventLoop.submit { pool.value.extend(to: updates) }.get()
    }

    private func becomeIdle(waiting: Waiting, within limit: Duration = .seconds(20)) async throws -> Bool {
        try await waiting.until(quietFor: limit, progress: { self.counters.acknowledged.now }) {
            try self.failure.check()
            return self.counters.idle.now == self.plan.publishers
        }
    }

    func close() async throws {
        let pool = self.pool
        try await self.eventLoop.submit { pool.value.close() }.get()
    }

    func outcome() async throws -> PublishOutcome {
        let pool = self.pool
        return try await self.eventLoop.submit { pool.value.outcome() }.get()
    }
}
