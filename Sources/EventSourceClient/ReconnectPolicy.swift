/// Decides what follows when something happens to a connection: whether to connect again, and when.
///
/// A plain value that does no I/O and knows no clock: the iterator that owns it tells it what happened and when, and
/// does what it answers. `EventSource.Reconnection` describes the rule for users.
struct ReconnectPolicy {
    enum Input: Equatable {
        /// A stream was opened.
        case opened
        /// The server said `retry:`, in milliseconds.
        case retry(Int)
        /// The server ended the stream in the regular way.
        case ended(afterEvents: Bool)
        /// No connection could be had, or it broke.
        case failed
        /// The connection was dropped on request.
        case restarted
        /// The server answered, but not with a stream.
        case answered(status: Int, retryAfter: Duration?)
    }

    enum Action: Equatable {
        /// Go on with what is being done.
        case proceed
        /// Connect again after this time.
        case wait(Duration)
        /// End the sequence quietly.
        case end
        /// End the sequence with an error.
        case fail
    }

    private let rule: EventSource.Reconnection
    private var serverDelay: Duration?
    private var wasOpen = false
    private var openSince: Duration?
    private var failuresInARow = 0

    init(_ rule: EventSource.Reconnection) {
        self.rule = rule
    }

    /// - Parameters:
    ///   - now: The time, from any fixed point.
    ///   - random: A number from 0 up to 1, used if the action is to wait.
    mutating func handle(_ input: Input, at now: Duration, random: Double) -> Action {
        switch input {
        case .opened:
            wasOpen = true
            openSince = now
            return .proceed
        case .retry(let milliseconds):
            serverDelay = .milliseconds(milliseconds)
            return .proceed
        case .ended(afterEvents: true):
            failuresInARow = 0
            openSince = nil
            return .wait(base)
        case .restarted:
            failuresInARow = 0
            openSince = nil
            return .proceed
        case .ended(afterEvents: false), .failed:
            return .wait(backoff(at: now, random: random))
        case .answered(status: 204, _):
            return .end
        case .answered(let status, let retryAfter):
            guard wasOpen, Self.isPassing(status) else { return .fail }
            let wait = backoff(at: now, random: random)
            return .wait(max(wait, min(retryAfter ?? .zero, rule.longestDelay)))
        }
    }

    /// Whether a status is one that a restart or a crowd brings and that goes away by itself.
    private static func isPassing(_ status: Int) -> Bool {
        [429, 502, 503, 504].contains(status)
    }

    private var base: Duration {
        // Never nothing at all, which would not double either.
        max(rule.shortestDelay, .milliseconds(1), min(serverDelay ?? rule.delay, rule.longestDelay))
    }

    private mutating func backoff(at now: Duration, random: Double) -> Duration {
        if let openSince, now - openSince >= rule.steadyAfter { failuresInARow = 0 }
        openSince = nil
        failuresInARow += 1
        var whole = base
        for _ in 1..<failuresInARow where whole < rule.longestBackoff { whole *= 2 }
        if failuresInARow == 1 || whole <= base { return base }
        whole = max(base, min(whole, rule.longestBackoff))
        return max(base, whole / 2 + whole / 2 * random)
    }
}
