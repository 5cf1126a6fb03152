import Foundation

/// A thread that runs a task's jobs: code on it may block in a system call without taking a thread from the server's
/// own tasks, and still is the test's task, with its expectations and known issues.
final class TestThread: TaskExecutor, @unchecked Sendable {
    // Everything below is guarded by `condition`.
    private let condition = NSCondition()
    private var jobs: [UnownedJob] = []
    private var isStopped = false

    init() {
        let thread = Thread { [self] in self.run() }
        thread.stackSize = 4 << 20
        thread.start()
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        self.condition.withLock { self.jobs.append(job) }
        self.condition.signal()
    }

    func stop() {
        self.condition.withLock { self.isStopped = true }
        self.condition.signal()
    }

    private func run() {
        while let job = self.next() {
            job.runSynchronously(on: self.asUnownedTaskExecutor())
        }
    }

    private func next() -> UnownedJob? {
        self.condition.withLock {
            while self.jobs.isEmpty {
                if self.isStopped { return nil }
                self.condition.wait()
            }
            return self.jobs.removeFirst()
        }
    }

    /// Runs `body` on a thread of its own.
    static func run<Result>(_ body: () async throws -> Result) async rethrows -> Result {
        let thread = TestThread()
        defer { thread.stop() }
        return try await withTaskExecutorPreference(thread) { try await body() }
    }
}
