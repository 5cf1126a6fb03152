import NIOCore
import Synchronization

/// Set when somebody wants to see what was measured so far and be done.
package final class Interruption: Sendable {
    private let flag = Atomic(false)

    package init() {}

    package func interrupt() { self.flag.store(true, ordering: .releasing) }
    package var isSet: Bool { self.flag.load(ordering: .acquiring) }

    /// There is nothing to show yet.
    package struct Interrupted: Error, Sendable {}
}

/// How a load waits: by looking again and again, so that what is counted on event loops wakes nobody; telling progress
/// meanwhile.
struct Waiting: Sendable {
    let interruption: Interruption
    let tell: @Sendable (String) -> Void
    /// A line about how far it is.
    let status: @Sendable () -> String

    /// The same, for what has to come to its end in any case.
    var withoutInterruption: Waiting {
        Waiting(interruption: Interruption(), tell: self.tell, status: self.status)
    }

    static let step = Duration.milliseconds(10)

    /// Waits for the condition. False if nothing progressed for that long.
    ///
    /// - Throws: what the condition throws, and ``Interruption/Interrupted``.
    func until(
        quietFor quiet: Duration,
        progress: () -> Int,
        _ condition: () throws -> Bool
    ) async throws -> Bool {
        let clock = ContinuousClock()
        var last = progress()
        var quietSince = clock.now
        var toldAt = clock.now
        while try !condition() {
            if self.interruption.isSet { throw Interruption.Interrupted() }
            try await Task.sleep(for: Self.step)
            let now = clock.now
            let current = progress()
            if current != last {
                last = current
                quietSince = now
            }
            if now - quietSince > quiet { return false }
            if now - toldAt >= .seconds(1) {
                toldAt = now
                self.tell(self.status())
            }
        }
        return true
    }

    /// Waits for a time, or until the condition holds or an interrupt comes.
    func pass(_ time: Duration, unless condition: () throws -> Bool = { false }) async throws {
        let clock = ContinuousClock()
        let end = clock.now + time
        var toldAt = clock.now
        while clock.now < end, !self.interruption.isSet, try !condition() {
            try await Task.sleep(for: min(Self.step, end - clock.now))
            if clock.now - toldAt >= .seconds(1) {
                toldAt = clock.now
                self.tell(self.status())
            }
        }
    }
}
