import CoreMetrics
import NIOCore
import Synchronization

/// Appends what publishers bring to the log, one batch at a time: whatever came while a batch was being made durable is
/// the next one (group commit). So durability costs one fsync per batch, and nobody waits for an empty queue.
///
/// It runs on one event loop: what publishers on that loop bring in one turn of it is one batch without anybody having
/// waited, and for a log in memory no thread is changed on the way.
final actor Committer {
    /// What one publisher brought: all of it is appended, or nothing.
    struct Request: Sendable {
        var updates: [Update]
        var bookmarks: [Bookmark]
        var bytes: Int
        /// When it was brought.
        let submitted = NIODeadline.now()
        /// Called on the committer's event loop.
        var completion: @Sendable (Result<PublishedRange, LogError>) -> Void
    }

    private struct Queue {
        var requests: [Request] = []
        var bytes = 0
        var isClosed = false
        /// The task is cancelled: what is queued is the last.
        var isEnding = false
        /// The committer, while there is nothing to do.
        var sleeper: CheckedContinuation<Void, Never>?

        /// Whom to wake once the lock is given back.
        mutating func wake() -> CheckedContinuation<Void, Never>? {
            defer { self.sleeper = nil }
            return self.sleeper
        }
    }

    /// One transaction is no larger than this, so that the first in it doesn't wait for megabytes to be written.
    private static let maxBatchBytes = 8 << 20
    private static let maxBatchUpdates = 8192
    /// What may wait for the log. A disk that stands still for longer than this lasts must be heard of by publishers.
    private static let maxWaitingBytes = 256 << 20

    private let eventLoop: any EventLoop
    private let log: any EventLog
    private let ownership: Ownership
    private let queue = Mutex(Queue())
    private let failure = Mutex<(error: LogError, at: ContinuousClock.Instant)?>(nil)
    /// Called with each batch once it is in the log, before its publishers are told.
    private let dispatch: @Sendable ([Entry], _ since: NIODeadline, _ acknowledge: () -> Void) -> Void
    /// From when updates were brought until the log had them.
    private let toLog: Timer

    nonisolated var unownedExecutor: UnownedSerialExecutor { self.eventLoop.executor.asUnownedSerialExecutor() }

    init(
        log: any EventLog,
        eventLoop: any EventLoop,
        ownership: Ownership,
        metrics: any MetricsFactory = NOOPMetricsHandler.instance,
        dispatch: @escaping @Sendable ([Entry], _ since: NIODeadline, _ acknowledge: () -> Void) -> Void
    ) {
        self.toLog = Timer(label: "martlet_publish_to_log_seconds", dimensions: [], factory: metrics)
        self.log = log
        self.eventLoop = eventLoop
        self.ownership = ownership
        self.dispatch = dispatch
    }

    /// Queues updates; from any thread.
    nonisolated func submit(_ request: Request) {
        do throws(LogError) {
            try self.enqueue(request)?.resume()
        } catch {
            self.eventLoop.execute { request.completion(.failure(error)) }
        }
    }

    private nonisolated func enqueue(_ request: Request) throws(LogError) -> CheckedContinuation<Void, Never>? {
        try self.queue.withLock { queue throws(LogError) in
            if queue.isClosed {
                throw LogError(code: .unavailable, message: "The hub is shutting down; nothing was published.")
            }
            if queue.bytes > Committer.maxWaitingBytes {
                throw LogError(
                    code: .unavailable,
                    message: "The log does not keep up: \(queue.requests.count) publishers wait. Nothing was published."
                )
            }
            queue.requests.append(request)
            queue.bytes += request.bytes
            return queue.wake()
        }
    }

    /// Why the newest batch could not be appended, or nil if it was, or if that was so long ago that it is worth a try.
    nonisolated var recentFailure: LogError? {
        self.failure.withLock { failure in
            failure.flatMap { ContinuousClock.now - $0.at < .seconds(10) ? $0.error : nil }
        }
    }

    /// Appends until the task is cancelled; what is queued by then is still appended, later publishers are refused.
    func run() async {
        await withTaskCancellationHandler {
            // Whoever sleeps is resumed by the task's executor first, which would be a thread of the pool's for each batch.
            await withTaskExecutorPreference(LoopTaskExecutor(self.eventLoop)) {
                while await self.sleep() { await self.appendAll() }
            }
        } onCancel: {
            let sleeper = self.queue.withLock { queue in
                queue.isEnding = true
                return queue.wake()
            }
            sleeper?.resume()
        }
        self.queue.withLock { $0.isClosed = true }
        await self.appendAll()
    }

    /// Waits until something is queued; false at the end.
    private func sleep() async -> Bool {
        await withCheckedContinuation { continuation in
            let isNeeded = self.queue.withLock { queue in
                if queue.isEnding || !queue.requests.isEmpty { return false }
                queue.sleeper = continuation
                return true
            }
            if !isNeeded { continuation.resume() }
        }
        return self.queue.withLock { !$0.isEnding }
    }

    /// Beyond this time without a pause, sockets of this loop have waited long enough for the publishers of others.
    private static let stretch: TimeAmount = .milliseconds(5)
    private static let pause: TimeAmount = .microseconds(200)

    private func appendAll() async {
        var start = NIODeadline.now()
        while let batch = self.nextBatch() {
            await self.append(batch)
            // A log in memory waits for nothing, and tasks that follow each other come before sockets.
            guard NIODeadline.now() - start > Self.stretch else { continue }
            try? await self.eventLoop.scheduleTask(in: Self.pause) {}.futureResult.get()
            start = .now()
        }
    }

    private func nextBatch() -> [Request]? {
        self.queue.withLock { queue in
            var bytes = 0
            var updates = 0
            var count = 0
            for request in queue.requests {
                bytes += request.bytes
                updates += request.updates.count
                if count > 0, bytes > Committer.maxBatchBytes || updates > Committer.maxBatchUpdates { break }
                count += 1
            }
            guard count > 0 else { return nil }
            let batch = Array(queue.requests.prefix(count))
            queue.requests.removeFirst(count)
            queue.bytes -= batch.reduce(0) { $0 + $1.bytes }
            return batch
        }
    }

    private func append(_ batch: [Request]) async {
        let updates = batch.count == 1 ? batch[0].updates : batch.flatMap(\.updates)
        do throws(LogError) {
            let first = try await self.log.append(updates, bookmarks: batch.flatMap(\.bookmarks))
            let now = NIODeadline.now()
            self.failure.withLock { $0 = nil }
            let epoch = self.log.epoch
            let entries = updates.enumerated().map { offset, update in
                Entry(
                    LogEntry(
                        position: Position(epoch: epoch, sequence: first + SequenceNumber(offset)),
                        update: update
                    ),
                    isConflated: self.ownership.conflates(update.topics)
                )
            }
            // They are in the order in which they were brought.
            self.dispatch(entries, batch[0].submitted) {
                var next = first
                for request in batch {
                    self.toLog.recordNanoseconds((now - request.submitted).nanoseconds)
                    request.completion(.success(PublishedRange(epoch: epoch, first: next, updates: request.updates)))
                    next += SequenceNumber(request.updates.count)
                }
            }
        } catch {
            self.failure.withLock { $0 = (error, .now) }
            for request in batch { request.completion(.failure(error)) }
        }
    }
}

/// What became of one publisher's updates: they follow one another in the log.
package struct PublishedRange: Sendable {
    private let epoch: Epoch
    private let first: SequenceNumber
    private let updates: [Update]

    init(epoch: Epoch, first: SequenceNumber, updates: [Update]) {
        self.epoch = epoch
        self.first = first
        self.updates = updates
    }

    /// The ids under which subscribers see them, in order.
    package var ids: [String] {
        self.updates.enumerated().map { offset, update in
            update.id ?? Position(epoch: self.epoch, sequence: self.first + SequenceNumber(offset)).description
        }
    }
}
