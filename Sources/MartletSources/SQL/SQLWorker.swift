#if PostgreSQL || MySQL
import Synchronization

/// What an engine does on its thread; it never leaves it.
protocol SQLSession: AnyObject {
    /// Answers a batch; the worker ends what is left of it.
    func run(_ batch: SQLBatch)
    func disconnect()
}

/// A thread that an engine has for itself, on which its library may block: looking up a host always does. Batches wait
/// in a queue and run one after the other.
///
/// It belongs to its engine: the thread ends with it, or by ``close()``.
final class SQLWorker: Sendable {
    private let queue: SQLQueue

    /// - Parameters:
    ///   - name: the database, in messages.
    ///   - makeSession: is called on the thread.
    init(_ name: String, makeSession: @escaping @Sendable (SQLQueue) -> any SQLSession) throws(SQLError) {
        let queue = SQLQueue(name: name, wake: try SQLWake())
        self.queue = queue
        SQLThread.start("martlet-sql") { queue.serve(makeSession(queue)) }
    }

    deinit { self.queue.stop() }

    /// - Returns: an answer for each, at once when the task is cancelled.
    func run(_ statements: [SQLStatement]) async -> [SQLBatch.Answer] {
        guard !statements.isEmpty else { return [] }
        let batch = SQLBatch(statements)
        let queue = self.queue
        return await withTaskCancellationHandler {
            queue.add(batch)
            return await batch.answers()
        } onCancel: {
            queue.cancel(batch)
        }
    }

    /// Ends the thread, and returns when it has.
    func close() async {
        self.queue.stop()
        await self.queue.ended()
    }
}

/// The batches that wait for an engine's thread.
final class SQLQueue: Sendable {
    private struct State {
        var batches: [SQLBatch] = []
        var running: SQLBatch?
        var isStopped = false
        var hasEnded = false
        var closers: [CheckedContinuation<Void, Never>] = []
        var interrupt: (@Sendable () -> Void)?
    }

    let name: String
    let wake: SQLWake
    private let state = Mutex(State())

    init(name: String, wake: SQLWake) {
        self.name = name
        self.wake = wake
    }

    /// What ends a call of the library that the thread may be blocked in, beside the wake-up; `nil` when nothing can.
    /// It runs with the lock held, so it is over when a new one has been set.
    func setInterrupt(_ interrupt: (@Sendable () -> Void)?) {
        self.state.withLock { $0.interrupt = interrupt }
    }

    func add(_ batch: SQLBatch) {
        let isStopped = self.state.withLock { state in
            if !state.isStopped { state.batches.append(batch) }
            return state.isStopped
        }
        if isStopped {
            batch.end(SQLError(.unavailable, "\(self.name): the connection was closed"))
        } else {
            wake.signal()
        }
    }

    func cancel(_ batch: SQLBatch) {
        batch.end(SQLError(.unavailable, "\(self.name): the query was cancelled"))
        self.state.withLock { state in
            if state.running === batch { state.interrupt?() }
            state.batches.removeAll { $0 === batch }
        }
        self.wake.signal()
    }

    func stop() {
        let batches = self.state.withLock { state in
            state.isStopped = true
            state.interrupt?()
            let batches = state.batches + (state.running.map { [$0] } ?? [])
            state.batches = []
            return batches
        }
        for batch in batches { batch.end(SQLError(.unavailable, "\(self.name): the connection was closed")) }
        self.wake.signal()
    }

    func ended() async {
        await withCheckedContinuation { continuation in
            let hasEnded = self.state.withLock { state in
                if !state.hasEnded { state.closers.append(continuation) }
                return state.hasEnded
            }
            if hasEnded { continuation.resume() }
        }
    }

    /// The thread's loop.
    fileprivate func serve(_ session: any SQLSession) {
        while let batch = self.next() {
            session.run(batch)
            batch.end(SQLError(.unavailable, "\(self.name): no answer"))
            self.state.withLock { $0.running = nil }
        }
        session.disconnect()
        let closers = self.state.withLock { state in
            state.hasEnded = true
            defer { state.closers = [] }
            return state.closers
        }
        for closer in closers { closer.resume() }
    }

    private func next() -> SQLBatch? {
        while true {
            let (batch, isStopped) = self.state.withLock { state -> (SQLBatch?, Bool) in
                if state.isStopped { return (nil, true) }
                if !state.batches.isEmpty { state.running = state.batches.removeFirst() }
                return (state.running, false)
            }
            if batch != nil || isStopped { return batch }
            _ = self.wake.wait()
        }
    }
}
#endif
