import Martlet
import Synchronization

/// What tells a source that something it watches has changed, so that it asks at once and not at its next tick.
///
/// Raised by any thread; the one task that runs the source takes what was raised.
package final class Wakes: Sendable {
    /// What has changed.
    package struct Woken: Sendable, Equatable {
        /// Anything may have.
        package var isAll = false
        /// What a reader calls by these names.
        package var names: Set<String> = []
    }

    private struct State {
        var woken = Woken()
        var isWorking = false
        var problem: String?
    }

    /// More names than this are everything.
    private static let maxNames = 10_000

    private let state = Mutex(State())
    private let signal = Signal()

    package init() {}

    /// Whether changes are told at all right now; while not, the source has to ask again and again.
    package var isWorking: Bool { self.state.withLock { $0.isWorking } }

    /// Why changes are not told, or nil.
    var problem: String? { self.state.withLock { $0.problem } }

    /// Notes whether changes are told.
    ///
    /// - Parameter problem: why not, in a sentence for the operator, if he has not been told otherwise.
    package func works(_ isWorking: Bool, problem: String? = nil) {
        let hasChanged = self.state.withLock { state in
            defer {
                state.isWorking = isWorking
                state.problem = problem
            }
            return state.isWorking != isWorking
        }
        if hasChanged { self.signal.raise() }
    }

    /// Tells of changes to what a reader calls by these names; nil if anything may have changed.
    package func wake(_ names: [String]?) {
        self.state.withLock { state in
            if let names, !state.woken.isAll, state.woken.names.count + names.count <= Self.maxNames {
                state.woken.names.formUnion(names)
            } else {
                state.woken = Woken(isAll: true)
            }
        }
        self.signal.raise()
    }

    /// What has changed since this was asked last.
    func take() -> Woken {
        self.state.withLock { state in
            defer { state.woken = Woken() }
            return state.woken
        }
    }

    /// Returns once there is something to take, or the task is cancelled.
    func raised() async {
        await self.signal.wait()
    }
}
