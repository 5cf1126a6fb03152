import Hummingbird
import Synchronization

/// How often somebody has tried to log in by a name of late. In memory; usable from any task.
///
/// A name that nobody has is counted like any other, so that being sent away tells nothing. Whoever knows a name can keep
/// its owner from logging in with it (not from a session that is open); a service of weight counts by address too.
final class LoginAttempts: Sendable {
    private struct Tries {
        var count: Int
        let since: Duration
    }

    private let limit: Int
    private let period: Duration
    private let capacity: Int
    /// What the clock says, from when this was made.
    private let now: @Sendable () -> Duration
    private let tries = Mutex<[String: Tries]>([:])

    /// - Parameters:
    ///   - limit: how many attempts a name has in a period, which begins with the first.
    ///   - capacity: how many names are known at once.
    init<C: Clock>(
        limit: Int = 10,
        period: Duration = .seconds(60),
        capacity: Int = 10_000,
        clock: C = ContinuousClock()
    ) where C.Duration == Duration {
        self.limit = limit
        self.period = period
        self.capacity = capacity
        let start = clock.now
        self.now = { start.duration(to: clock.now) }
    }

    /// Counts an attempt before it is made, so that many at once are no way around the limit.
    ///
    /// - Throws: `HTTPError`, 429, if the name has no attempt left.
    func begin(_ name: String) throws {
        let now = self.now()
        let left: Duration? = self.tries.withLock { tries in
            if let known = tries[name], now - known.since < self.period {
                guard known.count < self.limit else { return known.since + self.period - now }
                tries[name] = Tries(count: known.count + 1, since: known.since)
                return nil
            }
            if tries[name] == nil, tries.count >= self.capacity { self.makeRoom(in: &tries, now) }
            tries[name] = Tries(count: 1, since: now)
            return nil
        }
        guard let left else { return }
        throw HTTPError(
            .tooManyRequests,
            headers: [.retryAfter: String(max(1, left.components.seconds + (left.components.attoseconds > 0 ? 1 : 0)))],
            message: "There were too many attempts with this name; try again in a minute."
        )
    }

    /// Takes back an attempt that nothing came of: it was neither right nor wrong.
    func undo(_ name: String) {
        self.tries.withLock { tries in
            guard let known = tries[name] else { return }
            tries[name] = known.count > 1 ? Tries(count: known.count - 1, since: known.since) : nil
        }
    }

    /// Forgets the attempts of a name: its owner has come.
    func forget(_ name: String) {
        self.tries.withLock { $0[name] = nil }
    }

    /// How many names are known.
    var count: Int { self.tries.withLock(\.count) }

    /// Forgets the names whose period is over, or else the older half: a flood of names costs whoever sends it a derived
    /// password for each.
    private func makeRoom(in tries: inout [String: Tries], _ now: Duration) {
        tries = tries.filter { now - $0.value.since < self.period }
        guard tries.count >= self.capacity else { return }
        let middle = tries.values.map(\.since).sorted()[tries.count / 2]
        let newer = tries.filter { $0.value.since > middle }
        tries = newer
    }
}
