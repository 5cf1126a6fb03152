/// A clock, with its instants made relative, so that they can be stored and handed to a plain value.
struct Timing: Sendable {
    /// The time since this value was made.
    let now: @Sendable () -> Duration
    let sleep: @Sendable (Duration) async throws -> Void

    init(_ clock: some Clock<Duration>) {
        let start = clock.now
        self.now = { start.duration(to: clock.now) }
        self.sleep = { try await clock.sleep(for: $0) }
    }
}
