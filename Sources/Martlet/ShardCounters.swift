/// What a shard counts; the sums over all shards are the hub's.
package struct ShardCounters: Sendable {
    /// Streams that are open now.
    package var streams = 0
    /// Streams that were opened.
    package var opened = 0
    /// Streams that were closed, by ``StreamEnd``.
    package var closed = Array(repeating: 0, count: StreamEnd.allCases.count)
    /// Streams that began with an id to resume from.
    package var resumes = 0
    /// The same by ``ResumeVerdict``.
    package var resumesByVerdict = Array(repeating: 0, count: ResumeVerdict.allCases.count)
    /// Gaps that subscribers were told of.
    package var gaps = 0
    /// Times that a live subscriber's socket was full.
    package var lagged = 0
    /// Subscribers that were closed because they made no progress.
    package var stalled = 0
    /// Updates received from the log.
    package var updates = 0
    /// Updates sent, each counted once per subscriber.
    package var deliveries = 0
    /// Bytes of events sent, compressed if they were.
    package var bytes = 0
    /// Those of them that were sent compressed, and what they were before.
    package var compressedBytes = 0
    package var uncompressedBytes = 0
    /// How often bytes were compressed.
    package var compressions = 0

    package init() {}

    /// Adds another shard's counts, but for the updates, which all shards receive.
    package mutating func add(_ other: ShardCounters) {
        self.streams += other.streams
        self.opened += other.opened
        self.resumes += other.resumes
        self.gaps += other.gaps
        self.lagged += other.lagged
        self.stalled += other.stalled
        self.updates = max(self.updates, other.updates)
        self.deliveries += other.deliveries
        self.bytes += other.bytes
        self.compressedBytes += other.compressedBytes
        self.uncompressedBytes += other.uncompressedBytes
        self.compressions += other.compressions
        for index in self.closed.indices { self.closed[index] += other.closed[index] }
        for index in self.resumesByVerdict.indices { self.resumesByVerdict[index] += other.resumesByVerdict[index] }
    }
}

/// Why a stream has ended.
package enum StreamEnd: Int, CaseIterable, Sendable {
    /// The client went, or vanished.
    case client
    /// It was a poll, and got its answer.
    case answered
    /// Its token has ended, or it was as old as streams get.
    case expired
    /// Its reader made no progress.
    case stalled
    /// The server stops.
    case drain
    /// An operator ended it, or history could not be read.
    case other

    /// What metrics call it.
    package var name: String { "\(self)" }
}

/// What became of an id to go on from.
package enum ResumeVerdict: Int, CaseIterable, Sendable {
    case exact
    case earliest
    case trimmed
    case unknownID
    case newEpoch

    /// What metrics call it.
    package var name: String {
        switch self {
        case .exact: "exact"
        case .earliest: "earliest"
        case .trimmed: "trimmed"
        case .unknownID: "unknown_id"
        case .newEpoch: "new_epoch"
        }
    }
}

extension ResumePoint {
    /// Nil for a newcomer. A gap comes first: what is not known may be resumed from the earliest.
    var verdict: ResumeVerdict? {
        switch (self.gap?.reason, self.lastEventID) {
        case (.trimmed, _): .trimmed
        case (.unknownID, _): .unknownID
        case (.newEpoch, _): .newEpoch
        case (nil, nil): nil
        case (nil, Update.earliest): .earliest
        case (nil, _): .exact
        }
    }
}
