import NIOCore
import NIOPosix

/// All publishers of a load, on one event loop of their own, so that what is received doesn't delay what is sent.
final class PublisherPool {
    private(set) var plan: PublishPlan
    let request: PublishRequest
    let counters: PublishCounters
    let failure: FirstFailure
    private let eventLoop: any EventLoop
    private let route: Route
    /// How many streams a topic has.
    private let streamsOfTopic: @Sendable (Int) -> Int
    /// How many deliveries there have been.
    private let delivered: @Sendable () -> Int
    private var publishers: [Publisher] = []
    private(set) var startedAt: UInt64?
    private(set) var isStopped = false
    private(set) var isClosing = false
    /// From when an update was due until it was acknowledged, and until it was sent.
    private var acknowledgements = Latencies()
    private var lateness = Latencies()
    private var firstRefusal: String?
    private var refusalsInARow = 0
    /// Requests that were due when the load ended, and were not sent.
    private var behind = 0

    private static let patience = 100
    /// What is lost is waited for so long, in nanoseconds.
    private static let longestStep: UInt64 = 1_000_000_000

    init(
        plan: PublishPlan,
        request: PublishRequest,
        route: Route,
        streamsOfTopic: @escaping @Sendable (Int) -> Int,
        delivered: @escaping @Sendable () -> Int,
        eventLoop: any EventLoop,
        counters: PublishCounters,
        failure: FirstFailure
    ) {
        self.plan = plan
        self.request = request
        self.route = route
        self.streamsOfTopic = streamsOfTopic
        self.delivered = delivered
        self.eventLoop = eventLoop
        self.counters = counters
        self.failure = failure
    }

    func open() {
        self.publishers = (0..<self.plan.publishers).map { Publisher(pool: self, number: $0) }
        for publisher in self.publishers { publisher.connect() }
    }

    func connect(_ publisher: Publisher) {
        let bound = NIOLoopBound((self, publisher), eventLoop: self.eventLoop)
        let connecting = self.route.connect(number: 0, on: self.eventLoop, timeout: .seconds(20)) {
            PublisherHandler(publisher: bound.value.1)
        }
        connecting.whenFailure { error in
            let pool = bound.value.0
            if !pool.isClosing { pool.failure.report(pool.route.failure(error, opened: 0)) }
        }
    }

    func start() {
        self.startedAt = NIODeadline.now().uptimeNanoseconds
        for publisher in self.publishers { publisher.begin() }
    }

    /// Publishes until there are so many updates altogether.
    func extend(to updates: Int) {
        self.plan.updates = updates
        self.start()
    }

    /// Sends nothing more; what is under way is waited for.
    func stop() {
        let now = NIODeadline.now().uptimeNanoseconds
        self.isStopped = true
        self.behind = self.publishers.reduce(0) { $0 + $1.behind(at: now) }
    }

    func close() {
        self.isClosing = true
        for publisher in self.publishers { publisher.close() }
        self.publishers = []
    }

    /// Whether the next update has to wait for deliveries of those before it.
    func isBetweenSteps(at now: UInt64) -> Bool {
        self.plan.isInStep && self.delivered() < self.counters.expected.now
            && now < self.counters.lastAnswer.now + Self.longestStep
    }

    func sending(_ updates: Int, due: UInt64, at now: UInt64) {
        if self.counters.firstSend.now == 0 { self.counters.firstSend.set(now) }
        self.counters.sent.add(updates)
        self.lateness.record(nanoseconds: now - due)
    }

    func answered(_ topics: [Int], due: UInt64, refusal: String?) {
        let now = NIODeadline.now().uptimeNanoseconds
        self.counters.lastAnswer.set(now)
        guard let refusal else {
            self.refusalsInARow = 0
            self.counters.acknowledged.add(topics.count)
            self.counters.expected.add(topics.reduce(0) { $0 + self.streamsOfTopic($1) })
            self.acknowledgements.record(nanoseconds: now - due)
            return
        }
        self.counters.failed.add(topics.count)
        self.refusalsInARow += 1
        if self.firstRefusal == nil { self.firstRefusal = refusal }
        // Nothing else is to be expected then.
        if self.counters.acknowledged.now == 0 || self.refusalsInARow >= Self.patience {
            self.isStopped = true
            self.failure.report(BenchError(.refused, "An update was not taken: \(refusal)"))
        }
    }

    func outcome() -> PublishOutcome {
        PublishOutcome(
            acknowledgements: self.acknowledgements,
            lateness: self.lateness,
            firstRefusal: self.firstRefusal,
            behind: self.behind * self.request.batch
        )
    }
}

@available(*, unavailable)
extension PublisherPool: Sendable {}

/// What publishers came to, in the end.
struct PublishOutcome: Sendable {
    var acknowledgements = Latencies()
    var lateness = Latencies()
    var firstRefusal: String?
    var behind = 0
}
