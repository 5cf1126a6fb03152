/// Sending what a batch brought.
extension Shard {
    /// Sends each touched cohort what was noted with it.
    ///
    /// An update for everybody may concern thousands of cohorts of one subscriber each, who ask for topics of their own
    /// besides. Those that follow each other and get the same are walked together.
    func deliverMatched() {
        var shared: (entry: Entry, coding: ContentCoding)?
        for cohort in self.touched {
            let matched = cohort.matched
            // Not for its capacity: after one large batch every cohort would keep that for ever.
            cohort.matched = .nothing
            guard case .one(let entry) = matched, cohort.live.count < Self.walkGroup else {
                self.deliver(matched.entries, to: cohort)
                continue
            }
            if let shared {
                let isSame = shared.entry === entry && shared.coding == cohort.coding
                if !isSame || self.gathered.count >= Self.walkGroup { self.deliverGathered(shared) }
            }
            shared = (entry, cohort.coding)
            for index in cohort.live.indices { self.gathered.append((cohort, index)) }
        }
        if let shared { self.deliverGathered(shared) }
        self.touched.removeAll(keepingCapacity: true)
    }

    private func deliverGathered(_ shared: (entry: Entry, coding: ContentCoding)) {
        let count = self.gathered.count
        // A cohort may have no live subscriber at the moment.
        guard count > 0 else { return }
        let frame = self.frame(joining: CollectionOfOne(shared.entry), for: shared.coding)
        self.counters.deliveries += count
        self.count(frame, times: count)
        self.write(frame, count: count) { range, descriptors in
            for index in range {
                let (cohort, place) = self.gathered[index]
                descriptors[index - range.lowerBound] = cohort.live[place].descriptor
            }
        } otherwise: { index, outcome in
            let (cohort, place) = self.gathered[index]
            self.finish(frame, to: cohort, at: place, after: outcome, through: self.head)
        }
        self.gathered.removeAll(keepingCapacity: true)
    }

    /// Sends entries to a cohort's live subscribers, in one write each if they aren't too many.
    private func deliver(_ entries: [Entry], to cohort: Cohort) {
        guard !cohort.live.isEmpty else { return }
        for group in Shard.groups(of: entries, maxBytes: Shard.maxWriteBytes) {
            let frame = self.frame(joining: group, for: cohort.coding)
            // What comes after the last match doesn't concern these subscribers.
            let through = group.endIndex == entries.endIndex ? self.head : group[group.endIndex - 1].sequence
            self.counters.deliveries += group.count * cohort.live.count
            self.count(frame, times: cohort.live.count)
            self.write(frame, count: cohort.live.count) { range, descriptors in
                cohort.live.withUnsafeBufferPointer { live in
                    for index in range { descriptors[index - range.lowerBound] = live[index].descriptor }
                }
            } otherwise: { index, outcome in
                self.finish(frame, to: cohort, at: index, after: outcome, through: through)
            }
        }
    }

    /// Sends a frame to one that has not got all of it yet. If he can't take it he is taken out, and his cohort's last,
    /// who has had it, put in his place.
    private func finish(
        _ frame: Frame,
        to cohort: Cohort,
        at index: Int,
        after outcome: StreamSocket.Outcome?,
        through: SequenceNumber
    ) {
        let subscriber = cohort.live[index].subscriber
        guard self.send(frame, to: subscriber, after: outcome) != .taken else { return }
        cohort.removeLive(at: index)
        self.counters.lagged += 1
        self.wait(subscriber, cursor: through)
    }

    /// Cuts entries into runs that are written at once; an entry larger than that is a run of its own.
    static func groups(of entries: [Entry], maxBytes: Int) -> [ArraySlice<Entry>] {
        var groups: [ArraySlice<Entry>] = []
        var start = 0
        var bytes = 0
        for (number, entry) in entries.enumerated() {
            let size = entry.frame.payloadBytes
            if number > start, bytes + size > maxBytes {
                groups.append(entries[start..<number])
                start = number
                bytes = 0
            }
            bytes += size
        }
        if start < entries.count { groups.append(entries[start...]) }
        return groups
    }

    /// What is sent in one write, unless one event is larger.
    static let maxWriteBytes = 128 << 10
}
