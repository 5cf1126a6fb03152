/// A clock, with its instants made relative, so that it can be stored and handed to a state machine.
struct Timing: Sendable {
    /// Thrown by ``limit(_:_:)``.
    struct TimedOut: Error {}

    /// The time since this value was made.
    let now: @Sendable () -> Duration
    let sleep: @Sendable (Duration) async throws -> Void

    init(_ clock: some Clock<Duration>) {
        let start = clock.now
        now = { start.duration(to: clock.now) }
        sleep = { try await clock.sleep(for: $0) }
    }

    /// Does the operation, but for no longer than `limit`; then cancels it and throws ``TimedOut``.
    func limit<Success: Sendable>(
        _ limit: Duration?,
        _ operation: @escaping @Sendable () async throws -> Success
    ) async throws -> Success {
        guard let limit else { return try await operation() }
        return try await withThrowingTaskGroup(of: Success?.self) { group in
            defer { group.cancelAll() }
            group.addTask { .some(try await operation()) }
            group.addTask {
                try await sleep(limit)
                return nil
            }
            // Two tasks were added, so there is a first one to finish.
            guard case .some(.some(let success)) = try await group.next() else { throw TimedOut() }
            return success
        }
    }
}
