/// Tells for one interest which updates it selects and admits, where that is not found by an index: each template is
/// evaluated once per topic, and what came out is remembered within a bound.
///
/// A log that reads its history update by update makes one per page; a cohort keeps one.
package struct InterestFilter {
    package let interest: Interest
    /// Whether everything has to be looked at, because no look-up by topic finds what is selected.
    package let isScan: Bool
    private let selectsEverything: Bool
    private let grantsEverything: Bool
    private let selected: Patterns
    private let granted: Patterns
    private var remembered = RecentCache<Topic, (isSelected: Bool, isGranted: Bool)>(capacity: 2048)

    package init(_ interest: Interest) {
        self.interest = interest
        self.selectsEverything = interest.selectors.contains(.everything)
        self.grantsEverything = interest.grants.contains(.everything)
        self.selected = Patterns(interest.selectors)
        self.granted = Patterns(interest.grants)
        self.isScan = self.selectsEverything || !self.selected.templates.isEmpty
    }

    /// Whether an update with these topics was asked for.
    package mutating func selects(_ topics: [Topic]) -> Bool {
        if self.selectsEverything { return true }
        return topics.contains { self.look(at: $0).isSelected }
    }

    /// Whether it may be seen.
    package mutating func admits(isPrivate: Bool, topics: [Topic]) -> Bool {
        if !isPrivate || self.grantsEverything { return true }
        if self.interest.grants.isEmpty { return false }
        return topics.contains { self.look(at: $0).isGranted }
    }

    private mutating func look(at topic: Topic) -> (isSelected: Bool, isGranted: Bool) {
        if self.selected.templates.isEmpty, self.granted.templates.isEmpty {
            return (self.selected.topics.contains(topic), self.granted.topics.contains(topic))
        }
        if let known = self.remembered.value(for: topic) { return known }
        let found = (isSelected: self.selected.match(topic), isGranted: self.granted.match(topic))
        self.remembered.insert(found, for: topic)
        return found
    }
}

/// Selectors, sorted by how they are looked up.
private struct Patterns {
    var topics: Set<Topic>
    var templates: [URITemplate] = []

    init(_ selectors: [Selector]) {
        self.topics = Set(selectors.lazy.compactMap(\.exactTopic))
        for case .template(let template) in selectors.lazy.map(\.kind) { self.templates.append(template) }
    }

    func match(_ topic: Topic) -> Bool {
        self.topics.contains(topic) || self.templates.contains { $0.matches(topic) }
    }
}
