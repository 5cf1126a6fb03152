/// Compresses what a shard sends, once however many get it: what was compressed last is remembered by the updates that are
/// in it.
///
/// So an update that is for a thousand cohorts is compressed for the first of them, and a page of the tail once for all who
/// come back from the same place. Owned by its ``Shard``, made when a first stream is compressed.
final class SharedCompression {
    /// What may be remembered, in bytes before compression; twice as much is at most.
    private static let capacity = 1 << 20

    let compressor = FrameCompressor()
    /// What is too large for that, until the batch is sent.
    private var large: [[SequenceNumber]: Frame] = [:]
    private var recent = RecentCache<[SequenceNumber], Frame>(capacity: SharedCompression.capacity)

    /// What is sent of these updates. A sequence number always names the same update.
    ///
    /// - Parameter count: is increased by how often bytes were compressed.
    func frame(joining entries: some Collection<Entry>, counting count: inout Int) -> Frame {
        let run = entries.map(\.sequence)
        let cost = entries.reduce(128) { $0 + 8 + $1.frame.payloadBytes }
        if let frame = self.recent.value(for: run, cost: cost) ?? self.large[run] { return frame }
        let frame = self.compressor.frame(joining: entries.map(\.frame), counting: &count)
        if cost <= Self.capacity {
            self.recent.insert(frame, for: run, cost: cost)
        } else {
            self.large[run] = frame
        }
        return frame
    }

    /// What was sent to many at once has been.
    func forgetLarge() {
        if !self.large.isEmpty { self.large = [:] }
    }
}

@available(*, unavailable)
extension SharedCompression: Sendable {}
