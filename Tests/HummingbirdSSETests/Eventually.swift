/// A condition did not come true in time.
struct TimedOut: Error, CustomStringConvertible {
    var description: String
}

/// Waits until `condition` holds, and throws if that takes too long.
func eventually(
    _ what: String,
    within limit: Duration = .seconds(20),
    isolation: isolated (any Actor)? = #isolation,
    _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !condition() {
        if ContinuousClock.now > deadline { throw TimedOut(description: "\(what): not within \(limit)") }
        try await Task.sleep(for: .milliseconds(1))
    }
}
