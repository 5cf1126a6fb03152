import NIOPosix
import Synchronization

/// Tells the state of the machine as one JSON object: processors, memory, disk, network, uptime. Its fields are described
/// at `SystemSample`.
///
/// What is counted, such as processor time, is told for the time since the value before. The first value, and the first
/// after a pause, measures a fifth of a second of its own and comes that much later.
///
/// It reads Linux's `/proc`, and says what the machine has, even in a container with less. Everything is read on a thread
/// that may block, since the file system may be one of a network.
package final class SystemSampler<C: Clock>: Sampler where C.Duration == Duration {
    private static var warmUp: Duration { .milliseconds(200) }

    private let path: String
    private let clock: C
    private let last = Mutex<(reading: SystemReading, at: C.Instant)?>(nil)

    /// Makes a sampler.
    ///
    /// - Parameter path: a file or directory of the file system that is measured.
    package init(path: String = "/", clock: C) {
        self.path = path
        self.clock = clock
    }

    package func sample(_ watches: [Watch]) async -> [Result<String, SourceProblem>] {
        let result: Result<String, SourceProblem>
        do {
            result = .success(try await self.value())
        } catch let problem as SourceProblem {
            result = .failure(problem)
        } catch {
            result = .failure(SourceProblem(.unavailable, "cannot read the machine's state: \(error)"))
        }
        return watches.map { _ in result }
    }

    package func close() async {
        self.last.withLock { $0 = nil }
    }

    private func value() async throws -> String {
        let then: (reading: SystemReading, at: C.Instant)
        if let last = self.last.withLock({ $0 }) {
            then = last
        } else {
            then = try await self.read()
            try await self.clock.sleep(for: Self.warmUp)
        }
        let now = try await self.read()
        self.last.withLock { $0 = now }
        return SystemSample(
            from: then.reading,
            to: now.reading,
            elapsed: then.at.duration(to: now.at),
            path: self.path
        ).json
    }

    private func read() async throws -> (reading: SystemReading, at: C.Instant) {
        let reading = try await NIOThreadPool.singleton.runIfActive { [path] in
            try SystemReading.now(path: path)
        }
        return (reading, self.clock.now)
    }
}
