import Synchronization

/// Milliseconds since 1970, as a test has them.
final class TestTime: Sendable {
    private let milliseconds = Atomic<Int64>(1_800_000_000_000)

    var now: Int64 { self.milliseconds.load(ordering: .relaxed) }
    func advance(by milliseconds: Int64) { self.milliseconds.add(milliseconds, ordering: .relaxed) }
}
