/// Who owns which topics, for all shards. Immutable; what changes is in the ``OwnedTopics``.
struct Ownership: Sendable {
    private let exact: [Topic: OwnedTopics]
    private let templates: [OwnedTopics]
    /// Those of the templates that are watched as one, each with a topic to try selectors on.
    private let wholes: [(owner: OwnedTopics, sample: Topic)]
    private let hasBacklogs: Bool

    init(_ owned: [OwnedTopics]) {
        var exact: [Topic: OwnedTopics] = [:]
        var templates: [OwnedTopics] = []
        for topics in owned {
            if case .exact(let topic) = topics.selector.kind { exact[topic] = topics } else { templates.append(topics) }
        }
        self.exact = exact
        self.templates = templates
        self.wholes = templates.filter(\.isWatchedAsOne).compactMap { owner in
            owner.sample.map { (owner, $0) }
        }
        self.hasBacklogs = owned.contains { $0.backlog > 0 }
    }

    /// Who owns a topic; one that is claimed by name goes before templates.
    func owner(of topic: Topic) -> OwnedTopics? {
        if self.exact.isEmpty, self.templates.isEmpty { return nil }
        return self.exact[topic] ?? self.templates.first { $0.selector.matches(topic) }
    }

    /// Whether an update with these topics makes those before it worthless.
    func conflates(_ topics: [Topic]) -> Bool {
        topics.count == 1 && self.owner(of: topics[0])?.isConflated == true
    }

    /// The owned topics that subscribers with an interest look at.
    ///
    /// What they ask for by name counts, and of those that are claimed by name what matches. Templates and `*` bring no
    /// watch of a template to life: they name nothing in particular. Neither does what they may not see.
    func looks(of interest: Interest) -> [Look] {
        if self.exact.isEmpty, self.templates.isEmpty { return [] }
        var looks = self.namedLooks(of: interest)
        for (owner, sample) in self.wholes where !looks.contains(where: { $0.owner === owner }) {
            let isGranted = owner.isPublic || interest.grants.contains { Self.mayMeet($0, owner) }
            if isGranted, interest.selectors.contains(where: { Self.mayMeet($0, owner) }) {
                looks.append(Look(topic: sample, owner: owner))
            }
        }
        return looks
    }

    /// Whether a selector may have topics of a template's: whether either of them begins as the other does.
    private static func mayMeet(_ selector: Selector, _ owner: OwnedTopics) -> Bool {
        switch selector.kind {
        case .everything: true
        case .exact(let topic): owner.selector.matches(topic)
        case .template(let template):
            owner.selector.template.map { own in
                own.literalPrefix.starts(with: template.literalPrefix)
                    || template.literalPrefix.starts(with: own.literalPrefix)
            } ?? false
        }
    }

    /// The looks at topics that are asked for, or claimed, by name.
    private func namedLooks(of interest: Interest) -> [Look] {
        var looks: [Look] = []
        func add(_ topic: Topic, _ owner: OwnedTopics) {
            guard owner.isPublic || interest.grants.contains(where: { $0.matches(topic) }) else { return }
            looks.append(Look(topic: topic, owner: owner))
        }
        for topic in interest.named {
            if let owner = self.owner(of: topic) { add(topic, owner) }
        }
        for (topic, owner) in self.exact where !interest.named.contains(topic) {
            if interest.selectors.contains(where: { $0.matches(topic) }) { add(topic, owner) }
        }
        return looks
    }

    /// The topics of which an interest's newcomers get the newest updates.
    func backlogs(of interest: Interest) -> [OwnedTopics.Backlog] {
        guard self.hasBacklogs else { return [] }
        return self.namedLooks(of: interest).filter { $0.owner.backlog > 0 }.map { look in
            OwnedTopics.Backlog(selector: Selector(exactly: look.topic), count: look.owner.backlog)
        }
    }

    /// That a cohort looks at a topic.
    struct Look: Sendable {
        let topic: Topic
        let owner: OwnedTopics

        func begin() { self.owner.beginLooking(at: self.topic) }
        func end() { self.owner.endLooking(at: self.topic) }
    }
}
