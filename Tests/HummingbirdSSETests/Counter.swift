import Synchronization

/// Counts what comes and goes.
final class Counter: Sendable {
    private let state = Atomic(0)

    var value: Int { self.state.load(ordering: .acquiring) }

    /// Returns the new value.
    @discardableResult
    func add(_ amount: Int = 1) -> Int {
        self.state.add(amount, ordering: .acquiringAndReleasing).newValue
    }

    /// Counts one for as long as `body` runs.
    func during(_ body: () async throws -> Void) async rethrows {
        self.add(1)
        defer { self.add(-1) }
        try await body()
    }
}
