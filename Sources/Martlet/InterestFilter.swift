/// Tells for one interest which updates it selects and admits, where that is not found by an index: each template is
/// evaluated once per topic, and what came out is remembered within a bound.
///
/// A log that reads its history update by update makes one per page; a cohort keeps one while somebody of it reads on.
package struct InterestFilter {
    /// What one look through history may cost, in steps of templates: half a millisecond or so. Anybody may ask for
    /// templates, and whoever looks holds up others.
    package static let maxSteps = 100_000

    package let interest: Interest
    /// Whether everything has to be looked at, because no look-up by topic finds what is selected.
    package let isScan: Bool
    private let selected: SelectorSet
    private let granted: SelectorSet
    private var remembered = RecentCache<Topic, (isSelected: Bool, isGranted: Bool)>(capacity: 2048)

    /// The steps that matching templates has taken since this was set to nothing.
    package var steps = 0

    package init(_ interest: Interest) {
        self.interest = interest
        self.selected = SelectorSet(interest.selectors)
        self.granted = SelectorSet(interest.grants)
        self.isScan = self.selected.hasEverything || !self.selected.templates.isEmpty
    }

    /// Whether a look has cost what one may; it is to end where it is then.
    package var isSpent: Bool { self.steps >= Self.maxSteps }

    /// Whether an update with these topics was asked for.
    package mutating func selects(_ topics: [Topic]) -> Bool {
        if self.selected.hasEverything { return true }
        return topics.contains { self.look(at: $0).isSelected }
    }

    /// Whether it may be seen.
    package mutating func admits(isPrivate: Bool, topics: [Topic]) -> Bool {
        if !isPrivate || self.granted.hasEverything { return true }
        if self.interest.grants.isEmpty { return false }
        return topics.contains { self.look(at: $0).isGranted }
    }

    /// Drops what is remembered.
    package mutating func forget() {
        self.remembered.removeAll()
    }

    private mutating func look(at topic: Topic) -> (isSelected: Bool, isGranted: Bool) {
        if self.selected.templates.isEmpty, self.granted.templates.isEmpty {
            return (self.selected.topics.contains(topic), self.granted.topics.contains(topic))
        }
        if let known = self.remembered.value(for: topic) { return known }
        let found = (
            isSelected: self.selected.matches(topic, steps: &self.steps),
            isGranted: self.granted.matches(topic, steps: &self.steps)
        )
        self.remembered.insert(found, for: topic)
        return found
    }
}
