import NIOCore

/// Checks what the streams of one event loop received: that of each publisher the updates come one after the other, none
/// twice.
///
/// Confined to that loop, which owns it through its ``StreamLoop``.
final class Receipts {
    /// What was not as it should be.
    struct Faults: Sendable, Hashable {
        /// Updates that came again.
        var duplicates = 0
        /// Updates that came after one that was published later.
        var misordered = 0
        /// How often the server said that updates are missing.
        var gaps = 0
        /// Markers of publishers that there are not.
        var foreign = 0

        static func + (one: Faults, other: Faults) -> Faults {
            Faults(
                duplicates: one.duplicates + other.duplicates,
                misordered: one.misordered + other.misordered,
                gaps: one.gaps + other.gaps,
                foreign: one.foreign + other.foreign
            )
        }
    }

    private let publishers: Int
    /// The next sequence expected, by stream and publisher.
    private let expected: UnsafeMutableBufferPointer<UInt32>
    /// Sequences that were passed over and may still come, by the same index; only where something is wrong.
    private var passedOver: [Int: Set<UInt32>] = [:]
    private var passedOverCount = 0
    private static let maxPassedOver = 100_000

    private(set) var faults = Faults()
    /// Updates received, none counted twice.
    private(set) var distinct = 0
    private(set) var latencies = Latencies()

    /// A stream that has received this many updates of the first publisher has arrived.
    var goal = UInt32.max
    private let counters: StreamCounters

    init(streams: Int, publishers: Int, counters: StreamCounters) {
        self.publishers = publishers
        self.counters = counters
        self.expected = .allocate(capacity: max(1, streams * publishers))
        self.expected.initialize(repeating: 0)
    }

    deinit {
        self.expected.deallocate()
    }

    func gap() { self.faults.gaps += 1 }

    @inline(__always)
    func take(_ marker: Marker, stream: Int, at now: UInt64) {
        guard marker.publisher < self.publishers, let sequence = UInt32(exactly: marker.sequence) else {
            self.faults.foreign += 1
            return
        }
        let index = stream * self.publishers + marker.publisher
        let next = self.expected[index]
        if sequence == next {
            self.expected[index] = next &+ 1
        } else if !self.takeUnexpected(sequence, next: next, at: index) {
            return
        }
        self.distinct += 1
        self.latencies.record(nanoseconds: marker.age(at: now))
        if marker.publisher == 0, sequence == self.goal &- 1 {
            self.counters.arrived.add(1)
            self.counters.lastArrival.set(now)
        }
    }

    /// Whether it is new.
    private func takeUnexpected(_ sequence: UInt32, next: UInt32, at index: Int) -> Bool {
        if sequence > next {
            let room = UInt32(Self.maxPassedOver - self.passedOverCount)
            for missing in next..<(sequence - next > room ? next + room : sequence) {
                self.passedOver[index, default: []].insert(missing)
                self.passedOverCount += 1
            }
            self.expected[index] = sequence &+ 1
            return true
        }
        if self.passedOver[index]?.remove(sequence) != nil {
            self.passedOverCount -= 1
            self.faults.misordered += 1
            return true
        }
        self.faults.duplicates += 1
        return false
    }
}

@available(*, unavailable)
extension Receipts: Sendable {}
