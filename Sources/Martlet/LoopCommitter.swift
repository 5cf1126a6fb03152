import CoreMetrics
import NIOCore
import Synchronization

/// Appends on the event loop on which updates are brought, for a log that need not be waited for: what publishers bring in
/// one turn of a loop is one batch, and neither it nor its answers change threads.
///
/// Each of the hub's loops has a queue of its own; what comes from elsewhere goes to the first one's.
final class LoopCommitter: Committer {
    /// One loop's.
    private final class Queue {
        var requests = PublishQueue()
        /// What waits is going to be looked at.
        var isDue = false
    }

    private let log: any ImmediateLog
    private let dispatcher: Dispatcher
    private let queues: [(eventLoop: any EventLoop, queue: NIOLoopBoundBox<Queue>)]
    /// Until the hub runs, what is brought waits.
    private let isRunning = Atomic(false)
    /// From when updates were brought until the log had them.
    private let toLog: Timer

    init(
        log: any ImmediateLog,
        eventLoops: [any EventLoop],
        dispatcher: Dispatcher,
        metrics: any MetricsFactory = NOOPMetricsHandler.instance
    ) {
        self.log = log
        self.dispatcher = dispatcher
        self.queues = eventLoops.map { ($0, NIOLoopBoundBox.makeBoxSendingValue(Queue(), eventLoop: $0)) }
        self.toLog = Timer(label: "martlet_publish_to_log_seconds", dimensions: [], factory: metrics)
    }

    var recentFailure: LogError? { nil }

    func submit(_ request: PublishRequest) {
        if let index = self.queues.firstIndex(where: { $0.eventLoop.inEventLoop }) {
            self.enqueue(request, on: index)
        } else {
            self.queues[0].eventLoop.execute {
                self.dispatcher.note(on: 0)
                self.enqueue(request, on: 0)
            }
        }
    }

    private func enqueue(_ request: PublishRequest, on index: Int) {
        let queue = self.queues[index].queue.value
        do throws(LogError) {
            try queue.requests.append(request)
        } catch {
            return self.queues[index].eventLoop.execute { request.completion(.failure(.log(error))) }
        }
        if queue.isDue || !self.isRunning.load(ordering: .acquiring) { return }
        queue.isDue = true
        // After whatever else the loop's sockets bring in this turn.
        self.queues[index].eventLoop.assumeIsolated().execute { self.commit(index) }
    }

    private func commitUnlessDue(_ index: Int) {
        let queue = self.queues[index].queue.value
        if queue.isDue { return }
        queue.isDue = true
        self.commit(index)
    }

    func run() async {
        self.isRunning.store(true, ordering: .releasing)
        for index in self.queues.indices {
            // What is brought meanwhile may have come first.
            self.queues[index].eventLoop.execute { self.commitUnlessDue(index) }
        }
        let (nothing, end) = AsyncStream.makeStream(of: Void.self)
        for await _ in nothing {}
        end.finish()
        for (index, (eventLoop, queue)) in self.queues.enumerated() {
            // A loop that has ended has nobody left who could be answered.
            try? await eventLoop.submit {
                queue.value.requests.isClosed = true
                while self.append(index) {}
            }.get()
        }
    }

    private func commit(_ index: Int) {
        self.dispatcher.perform(on: index) {
            // It is due until it has found nothing, so that it is done once at a time.
            let hasRoom = self.dispatcher.hasRoom {
                self.queues[index].eventLoop.execute { self.commit(index) }
            }
            guard hasRoom else { return false }
            if self.append(index) { return true }
            self.queues[index].queue.value.isDue = false
            return false
        }
    }

    /// Appends one batch; false if nothing waits.
    private func append(_ index: Int) -> Bool {
        let batch = self.queues[index].queue.value.requests.takeBatch()
        guard !batch.isEmpty else { return false }
        let updates = batch.updates
        let first = self.dispatcher.dispatch(updates, from: index, since: batch[0].submitted) {
            self.log.appendAtOnce(updates, bookmarks: batch.bookmarks)
        }
        let now = NIODeadline.now()
        for request in batch { self.toLog.recordNanoseconds((now - request.submitted).nanoseconds) }
        batch.succeed(from: first, in: self.log.epoch)
        self.dispatcher.look(index)
        return true
    }
}
