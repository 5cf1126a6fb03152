import Synchronization

/// Finding out what a request may do, which nobody waits for any longer once its connection is gone or its time is over.
///
/// Begun by a task of the hub's, ended by the request's ``HubHandler`` on its event loop.
final class PendingDecision: Sendable {
    private enum State {
        case waiting
        case running(Task<Result<Grant, RequestError>, Never>)
        case cancelled
    }

    private let state = Mutex(State.waiting)
    /// The ``GrantCache``'s when it began.
    let generation: Int

    init(generation: Int) {
        self.generation = generation
    }

    /// Runs `decide` in a task that ``cancel()`` reaches; nil if that came first.
    func run(
        _ decide: @escaping @Sendable () async -> Result<Grant, RequestError>
    ) async -> Result<Grant, RequestError>? {
        // Not a child: it is cancelled by itself, and its result is awaited here.
        let task = self.state.withLock { state -> Task<Result<Grant, RequestError>, Never>? in
            if case .cancelled = state { return nil }
            let task = Task { await decide() }
            state = .running(task)
            return task
        }
        guard let task else { return nil }
        return await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
    }

    func cancel() {
        let last = self.state.withLock { state in
            defer { state = .cancelled }
            return state
        }
        if case .running(let task) = last { task.cancel() }
    }
}
