#if PostgreSQL || MySQL
import Synchronization

/// The queries of one call of `run`, on their way through an engine's thread: the thread answers each, and whoever asked
/// is resumed when all have an answer or when it no longer waits.
final class SQLBatch: Sendable {
    typealias Answer = Result<[SQLRow], SQLError>

    private struct State {
        var answers: [Answer?]
        var missing: Int
        var waiter: CheckedContinuation<[Answer], Never>?
        var isEnded = false
    }

    let statements: [SQLStatement]
    private let state: Mutex<State>

    init(_ statements: [SQLStatement]) {
        self.statements = statements
        self.state = Mutex(
            State(answers: Array(repeating: nil, count: statements.count), missing: statements.count)
        )
    }

    /// All have an answer, or nobody waits any more.
    var isEnded: Bool { self.state.withLock { $0.isEnded } }

    /// Whoever asked did not wait for the last answer, so that one may still be on its way.
    var wasAbandoned: Bool { self.state.withLock { $0.isEnded && $0.missing > 0 } }

    /// The indices of queries without an answer.
    var open: [Int] {
        self.state.withLock { state in state.answers.indices.filter { state.answers[$0] == nil } }
    }

    func answer(_ index: Int, _ answer: Answer) {
        self.state.withLock { state -> (@Sendable () -> Void)? in
            guard !state.isEnded, state.answers[index] == nil else { return nil }
            state.answers[index] = answer
            state.missing -= 1
            return state.missing == 0 ? Self.end(&state, SQLError(.unavailable, "")) : nil
        }?()
    }

    /// Answers with `error` what has no answer yet.
    func end(_ error: SQLError) {
        self.state.withLock { $0.isEnded ? nil : Self.end(&$0, error) }?()
    }

    /// Waits for the answers; only one may.
    func answers() async -> [Answer] {
        await withCheckedContinuation { continuation in
            let answers = self.state.withLock { state -> [Answer]? in
                guard !state.isEnded else { return state.answers.compactMap(\.self) }
                state.waiter = continuation
                return nil
            }
            if let answers { continuation.resume(returning: answers) }
        }
    }

    /// - Returns: what resumes the waiter, to be done without the lock.
    private static func end(_ state: inout State, _ error: SQLError) -> (@Sendable () -> Void)? {
        state.isEnded = true
        let answers = state.answers.map { $0 ?? .failure(error) }
        state.answers = answers
        guard let waiter = state.waiter else { return nil }
        state.waiter = nil
        return { waiter.resume(returning: answers) }
    }
}
#endif
