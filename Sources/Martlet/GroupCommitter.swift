import CoreMetrics
import NIOCore
import Synchronization

/// Appends what publishers bring to a log that has to be waited for, one batch at a time: whatever came while a batch was
/// being made durable is the next one (group commit). So durability costs one fsync per batch, and nobody waits for an
/// empty queue.
///
/// It runs on one event loop, so that what publishers on that loop bring in one turn of it is one batch without anybody
/// having waited.
final actor GroupCommitter: Committer {
    private struct State {
        var queue = PublishQueue()
        /// The committer, while there is nothing to do.
        var sleeper: CheckedContinuation<Void, Never>?

        /// Whom to wake once the lock is given back.
        mutating func wake() -> CheckedContinuation<Void, Never>? {
            defer { self.sleeper = nil }
            return self.sleeper
        }
    }

    private let eventLoop: any EventLoop
    private let log: any EventLog
    private let dispatcher: Dispatcher
    private let state = Mutex(State())
    private let failure = Mutex<(error: LogError, at: ContinuousClock.Instant)?>(nil)
    /// From when updates were brought until the log had them.
    private let toLog: Timer

    nonisolated var unownedExecutor: UnownedSerialExecutor { self.eventLoop.executor.asUnownedSerialExecutor() }

    /// - Parameter eventLoop: the first that the dispatcher hands to.
    init(
        log: any EventLog,
        eventLoop: any EventLoop,
        dispatcher: Dispatcher,
        metrics: any MetricsFactory = NOOPMetricsHandler.instance
    ) {
        self.toLog = Timer(label: "martlet_publish_to_log_seconds", dimensions: [], factory: metrics)
        self.log = log
        self.eventLoop = eventLoop
        self.dispatcher = dispatcher
    }

    nonisolated func submit(_ request: PublishRequest) {
        do throws(LogError) {
            let sleeper = try self.state.withLock { state throws(LogError) in
                try state.queue.append(request)
                return state.wake()
            }
            sleeper?.resume()
        } catch {
            self.eventLoop.execute { request.completion(.failure(.log(error))) }
        }
    }

    nonisolated var recentFailure: LogError? {
        self.failure.withLock { failure in
            failure.flatMap { ContinuousClock.now - $0.at < .seconds(10) ? $0.error : nil }
        }
    }

    func run() async {
        await withTaskCancellationHandler {
            // Whoever sleeps is resumed by the task's executor first, which would be a thread of the pool's for each batch.
            await withTaskExecutorPreference(LoopTaskExecutor(self.eventLoop)) {
                while await self.sleep() { await self.appendAll() }
                await self.appendAll()
            }
        } onCancel: {
            // At once: publishers who have more whenever they are answered would never leave it empty.
            let sleeper = self.state.withLock { state in
                state.queue.isClosed = true
                return state.wake()
            }
            sleeper?.resume()
        }
    }

    /// Waits until something is queued; false at the end.
    private func sleep() async -> Bool {
        await withCheckedContinuation { continuation in
            let isNeeded = self.state.withLock { state in
                if state.queue.isClosed || !state.queue.isEmpty { return false }
                state.sleeper = continuation
                return true
            }
            if !isNeeded { continuation.resume() }
        }
        return self.state.withLock { !$0.queue.isClosed }
    }

    /// A log may wait for nothing, and publishers always have more.
    private static let stretch: TimeAmount = .milliseconds(5)

    private func appendAll() async {
        var start = NIODeadline.now()
        while true {
            await self.waitForRoom()
            let batch = self.state.withLock { $0.queue.takeBatch() }
            if batch.isEmpty { return }
            await self.append(batch)
            guard NIODeadline.now() - start > Self.stretch else { continue }
            await self.dispatcher.pause(on: 0)
            start = .now()
        }
    }

    /// Waits while shards have too much to do.
    private func waitForRoom() async {
        await withCheckedContinuation { continuation in
            if self.dispatcher.hasRoom(orWhenItHas: { continuation.resume() }) { continuation.resume() }
        }
    }

    private func append(_ batch: [PublishRequest]) async {
        let updates = batch.updates
        do throws(LogError) {
            let first = try await self.log.append(updates, bookmarks: batch.bookmarks)
            let now = NIODeadline.now()
            self.failure.withLock { $0 = nil }
            for request in batch { self.toLog.recordNanoseconds((now - request.submitted).nanoseconds) }
            // They are in the order in which they were brought.
            self.dispatcher.dispatch(updates, from: 0, since: batch[0].submitted) { first }
            batch.succeed(from: first, in: self.log.epoch)
            self.dispatcher.look(0)
        } catch {
            self.failure.withLock { $0 = (error, .now) }
            for request in batch { request.completion(.failure(.log(error))) }
        }
    }
}
