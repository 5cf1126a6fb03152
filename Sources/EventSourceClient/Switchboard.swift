import Synchronization

/// What the copies of one event source share: who reads, and who watches what becomes of the connection.
///
/// Lives as long as the source, its readers and its watchers; used from any task.
final class Switchboard: Sendable {
    private struct State {
        var nextID = 0
        var readers: [ObjectIdentifier: ReaderControl] = [:]
        var watchers: [Int: AsyncStream<EventSource.State>.Continuation] = [:]
        var newest: EventSource.State?
    }

    private let state = Mutex(State())

    deinit {
        for watcher in state.withLock({ $0.watchers.values }) { watcher.finish() }
    }

    func makeControl() -> ReaderControl {
        let control = ReaderControl()
        state.withLock { $0.readers[ObjectIdentifier(control)] = control }
        return control
    }

    func remove(_ control: ReaderControl) {
        state.withLock { $0.readers[ObjectIdentifier(control)] = nil }
    }

    func restart() {
        for control in state.withLock({ Array($0.readers.values) }) { control.restart() }
    }

    /// Tells the watchers. The last state ends what they watch.
    func tell(_ news: EventSource.State) {
        let isLast = if case .closed = news { true } else { false }
        let watchers = state.withLock { state in
            defer { if isLast { state.watchers = [:] } }
            state.newest = isLast ? nil : news
            return Array(state.watchers.values)
        }
        for watcher in watchers {
            watcher.yield(news)
            if isLast { watcher.finish() }
        }
    }

    /// The states from now on, beginning with the one in force.
    func watch() -> AsyncStream<EventSource.State> {
        let (states, watcher) = AsyncStream.makeStream(
            of: EventSource.State.self,
            bufferingPolicy: .bufferingNewest(EventSource.States.capacity)
        )
        let id = state.withLock { state in
            defer { state.nextID += 1 }
            state.watchers[state.nextID] = watcher
            if let newest = state.newest { watcher.yield(newest) }
            return state.nextID
        }
        watcher.onTermination = { [weak self] _ in
            _ = self?.state.withLock { $0.watchers.removeValue(forKey: id) }
        }
        return states
    }
}
