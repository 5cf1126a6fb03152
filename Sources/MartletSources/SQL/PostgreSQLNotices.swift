#if PostgreSQL
import Synchronization

/// What comes from channels of PostgreSQL that are listened to.
package enum PostgreSQLNotice: Sendable, Hashable {
    /// Listening from now on. What was sent before was missed, so this is the time to look.
    case listening
    /// Somebody called NOTIFY.
    case notification(channel: String, payload: String)
    /// The connection was lost, or could not be made, or too much came at once: notifications are missed. It is tried
    /// again, and `listening` follows; after too much at once it goes on.
    case interrupted(SQLError)
}

/// The notices of some channels, for one reader. Listening ends with the sequence, and the sequence with its engine.
package struct PostgreSQLNotices: AsyncSequence, Sendable {
    private let owner: Owner

    init(_ listener: PostgreSQLListener) {
        self.owner = Owner(listener)
    }

    package func makeAsyncIterator() -> Iterator { Iterator(owner: self.owner) }

    package struct Iterator: AsyncIteratorProtocol {
        fileprivate let owner: Owner

        /// - Returns: `nil` when the engine was closed or the task was cancelled.
        package func next() async -> PostgreSQLNotice? { await self.owner.listener.buffer.next() }

        package func next(isolation actor: isolated (any Actor)?) async -> PostgreSQLNotice? { await self.next() }
    }

    fileprivate final class Owner: Sendable {
        let listener: PostgreSQLListener

        init(_ listener: PostgreSQLListener) {
            self.listener = listener
        }

        deinit { self.listener.stop() }
    }
}

/// Notices between the listener's thread and the reader.
final class PostgreSQLNoticeBuffer: Sendable {
    private struct State {
        var notices: [PostgreSQLNotice] = []
        var waiter: CheckedContinuation<PostgreSQLNotice?, Never>?
        var isEnded = false
    }

    private let capacity: Int
    private let overflow: SQLError
    private let state = Mutex(State())

    /// - Parameter overflow: what the reader is told in place of more than `capacity` notices.
    init(capacity: Int, overflow: SQLError) {
        self.capacity = capacity
        self.overflow = overflow
    }

    func add(_ notice: PostgreSQLNotice) {
        let waiter = self.state.withLock { state -> CheckedContinuation<PostgreSQLNotice?, Never>? in
            guard !state.isEnded else { return nil }
            if state.waiter == nil {
                if state.notices.count >= self.capacity { state.notices = [.interrupted(self.overflow)] }
                state.notices.append(notice)
            }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: notice)
    }

    func end() {
        let waiter = self.state.withLock { state in
            state.isEnded = true
            state.notices = []
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: nil)
    }

    func next() async -> PostgreSQLNotice? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (notice, isOver) = self.state.withLock { state -> (PostgreSQLNotice?, Bool) in
                    if !state.notices.isEmpty { return (state.notices.removeFirst(), true) }
                    if state.isEnded || state.waiter != nil || Task.isCancelled { return (nil, true) }
                    state.waiter = continuation
                    return (nil, false)
                }
                if isOver { continuation.resume(returning: notice) }
            }
        } onCancel: {
            let waiter = self.state.withLock { state in
                defer { state.waiter = nil }
                return state.waiter
            }
            waiter?.resume(returning: nil)
        }
    }
}
#endif
