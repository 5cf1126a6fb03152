/// How far an outbox has been read: through a key, but for those below it that were missing. A row that another
/// transaction commits later may have one of these, so they are asked for again, for a day.
///
/// Does no I/O and is told the time, in seconds since 1970, since it outlives the process.
struct OutboxPosition: Sendable, Hashable {
    /// Keys that were missing, from `first` to `last`, since `since`.
    struct Gap: Sendable, Hashable {
        var first: Int64
        var last: Int64
        var since: Int64
    }

    /// More are forgotten, those with the lowest keys first.
    static let maxGaps = 1000
    /// How long a missing key is asked for, in seconds.
    static let patience: Int64 = 86_400

    /// The highest key that was read. Keys begin with 1.
    private(set) var through: Int64 = 0
    /// By their keys, none of which is beyond `through`.
    private(set) var gaps: [Gap] = []

    init() {}

    init(through: Int64, gaps: [Gap]) {
        self.through = through
        self.gaps = gaps
    }

    /// Notes that a key beyond all others was read, and that those between are missing.
    mutating func advance(to key: Int64, at now: Int64) {
        precondition(key > self.through, "keys are read upwards")
        if key - 1 > self.through { self.gaps.append(Gap(first: self.through + 1, last: key - 1, since: now)) }
        self.through = key
        // Now and then, not at each key.
        if self.gaps.count > Self.maxGaps * 2 { self.trim() }
    }

    /// Notes that a key that was missing was read; false if it was not.
    mutating func fill(_ key: Int64) -> Bool {
        guard let index = self.index(of: key) else { return false }
        let gap = self.gaps[index]
        var rest: [Gap] = []
        if gap.first < key { rest.append(Gap(first: gap.first, last: key - 1, since: gap.since)) }
        if key < gap.last { rest.append(Gap(first: key + 1, last: gap.last, since: gap.since)) }
        self.gaps.replaceSubrange(index...index, with: rest)
        return true
    }

    /// Whether a key was missing and is asked for.
    func isMissing(_ key: Int64) -> Bool { self.index(of: key) != nil }

    /// Forgets keys that have been missing for longer than so many seconds.
    mutating func expire(at now: Int64, after patience: Int64 = Self.patience) {
        self.gaps.removeAll { now - $0.since > patience }
        self.trim()
    }

    private mutating func trim() {
        if self.gaps.count > Self.maxGaps { self.gaps.removeFirst(self.gaps.count - Self.maxGaps) }
    }

    /// Which gap has a key.
    private func index(of key: Int64) -> Int? {
        var (low, high) = (0, self.gaps.count)
        while low < high {
            let middle = (low + high) / 2
            if self.gaps[middle].last < key { low = middle + 1 } else { high = middle }
        }
        return low < self.gaps.count && self.gaps[low].first <= key ? low : nil
    }
}
