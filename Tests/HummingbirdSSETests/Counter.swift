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

    /// Waits until it has counted, and then nothing for a while.
    func comesToRest() async throws {
        var (before, looks) = (0, 0)
        try await eventually("the count comes to rest") {
            let now = self.value
            looks = now == before && now > 0 ? looks + 1 : 0
            before = now
            return looks > 500
        }
    }

    /// Counts one for as long as `body` runs.
    func during(_ body: () async throws -> Void) async rethrows {
        self.add(1)
        defer { self.add(-1) }
        try await body()
    }
}
