/// A clock, with its instants made relative, so that it can be stored and handed to a state machine.
struct Timing: Sendable {
    /// The time since this value was made.
    let now: @Sendable () -> Duration
    let sleep: @Sendable (Duration) async throws -> Void

    init(_ clock: some Clock<Duration>) {
        let start = clock.now
        self.now = { start.duration(to: clock.now) }
        // Clocks trap on a deadline that they can't represent; nobody waits for longer than this.
        self.sleep = { try await clock.sleep(for: min($0, .seconds(1 << 31))) }
    }
}
