/// What goes to whom in which coding.
extension Shard {
    /// Whether streams are compressed for those who take that.
    package var compresses: Bool { self.settings.compression == .gzip }

    /// What a cohort is sent of updates, in one write.
    func frame(joining entries: some Collection<Entry>, for coding: ContentCoding) -> Frame {
        switch coding {
        case .identity: Frame(joining: entries.map(\.frame))
        case .gzip: self.compression.frame(joining: entries, counting: &self.counters.compressions)
        }
    }

    /// What one subscriber is sent of whatever it is.
    func frame(joining frames: [Frame], for coding: ContentCoding) -> Frame {
        switch coding {
        case .identity: Frame(joining: frames)
        case .gzip: self.compression.compressor.frame(joining: frames, counting: &self.counters.compressions)
        }
    }

    /// Counts what so many subscribers are sent.
    func count(_ frame: Frame, times count: Int = 1) {
        self.counters.bytes += frame.payloadBytes * count
        guard let digest = frame.digest else { return }
        self.counters.compressedBytes += frame.payloadBytes * count
        self.counters.uncompressedBytes += digest.length * count
    }
}
