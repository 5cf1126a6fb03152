import NIOCore

/// Topics whose newest update is all that matters: the values of sources.
extension Shard {
    /// The most values that whoever asks for everything is sent when it joins.
    private static let maxValues = 1000

    /// The newest update of each conflated topic that a newcomer asks for and may see, in the log's order.
    func newestValues(for cohort: Cohort) -> Frame? {
        if self.newest.isEmpty { return nil }
        var values: [Entry] = []
        if cohort.filter.isScan {
            values = self.newest.values.filter { cohort.filter.selects($0.topics) }
        } else {
            values = cohort.interest.selectors.compactMap { $0.exactTopic.flatMap { self.newest[$0] } }
        }
        values = values.filter { cohort.filter.admits(isPrivate: $0.isPrivate, topics: $0.topics) }
            .sorted { $0.sequence < $1.sequence }
            .suffix(Self.maxValues)
        if values.isEmpty { return nil }
        self.counters.deliveries += values.count
        return Frame(joining: values.map(\.frame))
    }

    /// Whether a newer update has made this one worthless.
    func isSuperseded(_ entry: Entry) -> Bool {
        guard entry.isConflated, let newest = self.newest[entry.topics[0]] else { return false }
        return newest.sequence > entry.sequence
    }

    /// Forgets the newest update of topics, because nobody watches whether it is still true.
    func forget(_ topics: [Topic]) {
        self.eventLoop.preconditionInEventLoop()
        for topic in topics { self.newest[topic] = nil }
    }
}
