import NIOCore
import Synchronization

/// What is published, by how many, how often and for how long.
package struct PublishPlan: Sendable, Hashable {
    package var publishers: Int
    /// Updates a second over all publishers, on a schedule that doesn't wait for answers; nil is as fast as they come.
    package var rate: Double?
    /// Without a rate: whether an update waits until the one before it has reached all streams.
    package var isInStep = false
    /// Updates in one request.
    package var batch: Int
    /// Topics that are published to in turn.
    package var topics: Int
    package var payloadBytes: Int
    /// Ends after so many updates; nil is no limit.
    package var updates: Int?
    /// Ends after so long.
    package var duration: Duration

    package init(
        publishers: Int = 1,
        rate: Double? = nil,
        batch: Int = 1,
        topics: Int = 1,
        payloadBytes: Int = 120,
        updates: Int? = nil,
        duration: Duration = .seconds(10)
    ) {
        self.publishers = publishers
        self.rate = rate
        self.batch = batch
        self.topics = topics
        self.payloadBytes = payloadBytes
        self.updates = updates
        self.duration = duration
    }

    /// How many requests there are at most.
    var requests: Int { self.updates.map { ($0 + self.batch - 1) / self.batch } ?? .max }

    /// When a request is due, in nanoseconds after the first; nil without a rate.
    func due(_ request: Int) -> UInt64? {
        self.rate.map { UInt64(Double(request) * Double(self.batch) / $0 * 1e9) }
    }
}

/// What publishers have come to so far. Written on their event loop, read from anywhere without waking it.
final class PublishCounters: Sendable {
    /// Publishers that are connected and have nothing under way.
    let idle = Atomic(0)
    /// Updates that were sent, acknowledged, and not taken.
    let sent = Atomic(0)
    let acknowledged = Atomic(0)
    let failed = Atomic(0)
    /// What subscribers are to receive of what was acknowledged.
    let expected = Atomic(0)
    let firstSend = Atomic<UInt64>(0)
    let lastAnswer = Atomic<UInt64>(0)
}
