/// A clock, with its instants made relative, so that it can be stored and handed to a state machine.
struct Timing: Sendable {
    /// The time since this value was made.
    let now: @Sendable () -> Duration
    let sleep: @Sendable (Duration) async throws -> Void

    init(_ clock: some Clock<Duration>) {
        let start = clock.now
        now = { start.duration(to: clock.now) }
        sleep = { try await clock.sleep(for: $0) }
    }
}
