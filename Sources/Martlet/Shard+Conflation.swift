import NIOCore

/// Topics whose newest update is all that matters: the values of sources.
extension Shard {
    /// The most values that whoever asks for everything is sent when it joins.
    private static let maxValues = 1000

    /// The newest update of each conflated topic that is asked for and may be seen, in any order.
    ///
    /// - Parameter sequence: those after it come from history.
    func newestValues(
        for cohort: Cohort,
        through sequence: SequenceNumber
    ) -> [(sequence: SequenceNumber, frame: Frame)] {
        if self.newest.isEmpty { return [] }
        var values: [Entry] = []
        if cohort.filter.isScan {
            // Within the bound of any look at history, since anybody may ask for costly templates.
            cohort.filter.steps = 0
            for value in self.newest.values where value.sequence <= sequence {
                guard !cohort.filter.isSpent, values.count < Self.maxValues else { break }
                if cohort.filter.admits(isPrivate: value.isPrivate, topics: value.topics),
                    cohort.filter.selects(value.topics)
                {
                    values.append(value)
                }
            }
        } else {
            values = cohort.interest.selectors.compactMap { $0.exactTopic.flatMap { self.newest[$0] } }.filter {
                $0.sequence <= sequence && cohort.filter.admits(isPrivate: $0.isPrivate, topics: $0.topics)
            }
        }
        return values.map { ($0.sequence, $0.frame) }
    }

    /// Whether a newer update has made this one worthless.
    func isSuperseded(_ entry: Entry) -> Bool {
        guard entry.isConflated, let newest = self.newest[entry.topics[0]] else { return false }
        return newest.sequence > entry.sequence
    }

    /// Remembers the newest update of its topic.
    func keep(_ entry: Entry) {
        let topic = entry.topics[0]
        if let last = self.forgotten[topic], entry.sequence <= last { return }
        self.newest[topic] = entry
    }

    /// Forgets the newest update of topics, because nobody watches whether it is still true.
    ///
    /// - Parameter last: the newest in the log, which the shard may not have been told of yet.
    func forget(_ topics: [Topic], through last: SequenceNumber) {
        self.eventLoop.preconditionInEventLoop()
        for topic in topics {
            if let newest = self.newest[topic], newest.sequence <= last { self.newest[topic] = nil }
            if last > self.head { self.forgotten[topic] = last }
        }
    }
}
