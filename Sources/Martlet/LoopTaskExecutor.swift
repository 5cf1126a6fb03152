import NIOCore

/// Runs the parts of a task that no actor claims on an event loop.
///
/// A continuation is resumed by its task's executor, whatever actor waits for it: without this one, that is a thread of
/// the pool's, which has to be woken first, and wakes the event loop then.
final class LoopTaskExecutor: TaskExecutor {
    private let eventLoop: any EventLoop

    init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        self.eventLoop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
