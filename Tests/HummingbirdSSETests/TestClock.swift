import Synchronization

/// A clock that stands still until it is told to go on, and remembers what was asked of it.
///
/// Sleeps that `skips` says yes to are over at once, and move the time.
final class TestClock: Clock, Sendable {
    struct Instant: InstantProtocol {
        var offset: Duration
        func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        func duration(to other: Instant) -> Duration { other.offset - offset }
        static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
    }

    private struct Sleeper {
        var deadline: Instant
        var duration: Duration
        var continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var now = Instant(offset: .zero)
        var nextID = 0
        var sleepers: [Int: Sleeper] = [:]
        var cancelled: Set<Int> = []
        var asked: [Duration] = []
        var watchers: [(Duration, CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())
    private let skips: @Sendable (Duration) -> Bool

    init(skips: @escaping @Sendable (Duration) -> Bool = { _ in false }) {
        self.skips = skips
    }

    var now: Instant { state.withLock { $0.now } }
    var minimumResolution: Duration { .zero }

    /// The skipped sleeps, in order.
    var skipped: [Duration] { state.withLock { $0.asked } }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        let id = state.withLock { state in
            defer { state.nextID += 1 }
            return state.nextID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                enum Outcome { case over, cancelled, asleep([CheckedContinuation<Void, Never>]) }
                let outcome: Outcome = state.withLock { state in
                    let duration = state.now.duration(to: deadline)
                    if state.cancelled.remove(id) != nil { return .cancelled }
                    if skips(duration) {
                        state.asked.append(duration)
                        state.now = deadline
                        return .over
                    }
                    if deadline <= state.now { return .over }
                    state.sleepers[id] = Sleeper(deadline: deadline, duration: duration, continuation: continuation)
                    let seen = state.watchers.filter { $0.0 == duration }.map(\.1)
                    state.watchers.removeAll { $0.0 == duration }
                    return .asleep(seen)
                }
                switch outcome {
                case .over: continuation.resume()
                case .cancelled: continuation.resume(throwing: CancellationError())
                case .asleep(let watchers): for watcher in watchers { watcher.resume() }
                }
            }
        } onCancel: {
            let sleeper = state.withLock { state in
                let sleeper = state.sleepers.removeValue(forKey: id)
                if sleeper == nil { state.cancelled.insert(id) }
                return sleeper
            }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }

    /// Waits until somebody sleeps who asked for exactly this long.
    func sleeper(of duration: Duration) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.sleepers.values.contains(where: { $0.duration == duration }) { return true }
                state.watchers.append((duration, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    /// Whether somebody sleeps.
    var isSleptOn: Bool { state.withLock { !$0.sleepers.isEmpty } }

    /// Moves the time and wakes who is due.
    func advance(by duration: Duration) {
        let due = state.withLock { state in
            state.now = state.now.advanced(by: duration)
            let due = state.sleepers.filter { $0.value.deadline <= state.now }
            for id in due.keys { state.sleepers[id] = nil }
            return due.values.map(\.continuation)
        }
        for continuation in due { continuation.resume() }
    }
}
