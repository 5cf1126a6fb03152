/// Compresses what a shard sends, once however many get it: what was compressed last is remembered by the updates that are
/// in it.
///
/// So an update that is for a thousand cohorts is compressed for the first of them, and a page of the tail once for all who
/// come back from the same place. Owned by its ``Shard``, made when a first stream is compressed.
final class SharedCompression {
    /// What may be remembered, in bytes before compression; twice as much is at most.
    private static let capacity = 1 << 20

    let compressor = FrameCompressor()
    private var recent = RecentCache<[SequenceNumber], Frame>(capacity: SharedCompression.capacity)

    /// What is sent of these updates. A sequence number always names the same update.
    ///
    /// - Parameter count: is increased by how often bytes were compressed.
    func frame(joining entries: some Collection<Entry>, counting count: inout Int) -> Frame {
        let run = entries.map(\.sequence)
        let cost = entries.reduce(128) { $0 + 8 + $1.frame.payloadBytes }
        if let frame = self.recent.value(for: run, cost: cost) { return frame }
        let frame = self.compressor.frame(joining: entries.map(\.frame), counting: &count)
        if cost <= Self.capacity { self.recent.insert(frame, for: run, cost: cost) }
        return frame
    }
}

@available(*, unavailable)
extension SharedCompression: Sendable {}
