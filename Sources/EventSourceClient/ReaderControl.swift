import Synchronization

/// What reaches into a reader from outside: news of its exchange, a restart, the end of a time, cancellation.
///
/// The one task that reads waits here; anybody rings. Shared by the reader, its exchange and the event source, so that
/// no task of their own is needed to interrupt a reader, whatever it waits for.
final class ReaderControl: Sendable {
    private struct State {
        var isRung = false
        var waiter: CheckedContinuation<Void, Never>?
        var isToRestart = false
        var exchange: Exchange?
    }

    private let state = Mutex(State())

    /// Ends the wait that is under way, or the next one.
    func ring() {
        let waiter = state.withLock { state in
            defer { state.waiter = nil }
            state.isRung = state.waiter == nil
            return state.waiter
        }
        waiter?.resume()
    }

    /// Waits for a ring since the last wait. Ends at once when the task is cancelled.
    func wait(isolation: isolated (any Actor)? = #isolation) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isRung = state.withLock { state in
                    defer { state.isRung = false }
                    if !state.isRung { state.waiter = continuation }
                    return state.isRung
                }
                if isRung { continuation.resume() }
            }
        } onCancel: {
            ring()
        }
    }

    /// Waits for a ring, but no longer than `limit`.
    func wait(
        atMost limit: Duration,
        timing: Timing,
        isolation: isolated (any Actor)? = #isolation
    ) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                // Fails only by cancellation, which means that there is nobody to wake.
                guard (try? await timing.sleep(limit)) != nil else { return }
                self.ring()
            }
            await wait(isolation: isolation)
            group.cancelAll()
        }
    }

    /// Breaks off what is under way and has the reader connect again.
    func restart() {
        let exchange = state.withLock { state in
            state.isToRestart = true
            return state.exchange.take()
        }
        exchange?.abandon()
        ring()
    }

    /// Whether a restart was asked for since this was asked last.
    func takeRestart() -> Bool {
        state.withLock { state in
            defer { state.isToRestart = false }
            return state.isToRestart
        }
    }

    /// Makes an exchange the one that a restart breaks off, in place of the one before, which is broken off now.
    func replaceExchange(with exchange: Exchange?) {
        let last = state.withLock { state in
            defer { state.exchange = exchange }
            return state.exchange
        }
        last?.abandon()
    }
}
