import Testing

@testable import HummingbirdSSE

@Suite("When values are due")
struct TicksTests {
    /// When the closure and the socket were done with a value, and when the next one is due.
    static let rows: [(done: [Duration], due: [Duration])] = [
        ([.zero, .seconds(1), .seconds(2)], [.seconds(1), .seconds(2), .seconds(3)]),
        // A clock that wakes late, and values that take a moment: no drift.
        ([.milliseconds(3), .milliseconds(1004), .milliseconds(2900)], [.seconds(1), .seconds(2), .seconds(3)]),
        // Late for several: they are skipped.
        ([.milliseconds(3500)], [.seconds(4)]),
        ([.zero, .milliseconds(5001)], [.seconds(1), .seconds(6)]),
        // Just in time for the next, which is not missed.
        ([.seconds(1), .seconds(3)], [.seconds(1), .seconds(3)]),
    ]

    @Test(arguments: rows)
    func `The next is the first that wasn't missed`(_ done: [Duration], _ due: [Duration]) {
        var ticks = Ticks(every: .seconds(1))
        #expect(done.map { $0 + ticks.pause(at: $0) } == due)
    }

    @Test(arguments: [Duration.zero, .seconds(-5), .nanoseconds(1)])
    func `No interval busies a processor`(_ interval: Duration) {
        var ticks = Ticks(every: interval)
        #expect(ticks.pause(at: .zero) == .milliseconds(1))
    }

    @Test func `An interval may be as long as there are`() {
        var ticks = Ticks(every: .seconds(Int64.max))
        #expect(ticks.pause(at: .seconds(1)) > .seconds(1 << 60))
        #expect(ticks.pause(at: .seconds(2)) > .seconds(1 << 60))
    }
}
