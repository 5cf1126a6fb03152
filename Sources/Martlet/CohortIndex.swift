/// Finds the cohorts that an update concerns: by look-ups, however many subscribers there are. Part of a ``Shard``,
/// confined with it.
struct CohortIndex {
    /// By coding first.
    private var byInterest: [[Interest: Cohort]] = Array(repeating: [:], count: ContentCoding.allCases.count)
    private(set) var byTopic: [Topic: CohortList] = [:]
    private let ofEverything = CohortList()
    private var templates = TemplateIndex()
    private let ownership: Ownership

    init(ownership: Ownership) {
        self.ownership = ownership
    }

    /// Whether nobody asks for anything.
    var isEmpty: Bool {
        self.byInterest.allSatisfy(\.isEmpty) && self.byTopic.isEmpty && self.ofEverything.members.isEmpty
            && self.templates.isEmpty
    }

    /// Whether an interest can be served without making every new topic too dear.
    func hasRoom(for interest: Interest) -> Bool { self.templates.hasRoom(for: interest) }

    /// How often a template was evaluated.
    var templateEvaluations: Int { self.templates.evaluations }

    /// The cohort with this interest and coding, made if there was none.
    mutating func cohort(with interest: Interest, coding: ContentCoding = .identity) -> Cohort {
        if let cohort = self.byInterest[coding.rawValue][interest] { return cohort }
        let cohort = Cohort(interest, coding: coding)
        self.byInterest[coding.rawValue][interest] = cohort
        for selector in interest.selectors {
            if let topic = selector.exactTopic { self.list(of: topic).add(cohort) }
            switch selector.kind {
            case .exact: break
            case .everything: self.ofEverything.add(cohort)
            case .template(let template):
                let entry = self.templates.retain(template)
                entry.cohorts.add(cohort)
                cohort.templates.append(entry)
            }
        }
        for case .template(let template) in interest.grants.lazy.map(\.kind) {
            cohort.grantedTemplates.append(self.templates.retain(template))
        }
        cohort.looks = self.ownership.looks(of: interest)
        for look in cohort.looks { look.begin() }
        return cohort
    }

    private mutating func list(of topic: Topic) -> CohortList {
        if let list = self.byTopic[topic] { return list }
        let list = CohortList()
        self.byTopic[topic] = list
        return list
    }

    /// Forgets a cohort that has no subscriber any more.
    mutating func remove(_ cohort: Cohort) {
        self.byInterest[cohort.coding.rawValue][cohort.interest] = nil
        for place in cohort.places { place.list.remove(at: place.index) }
        cohort.places = []
        for topic in cohort.interest.selectors.lazy.compactMap(\.exactTopic) {
            if self.byTopic[topic]?.members.isEmpty == true { self.byTopic[topic] = nil }
        }
        for entry in cohort.templates + cohort.grantedTemplates { self.templates.release(entry) }
        cohort.templates = []
        cohort.grantedTemplates = []
        for look in cohort.looks { look.end() }
        cohort.looks = []
    }

    /// Notes `entry` with every cohort it is for, once each, and appends those that had none noted yet to `touched`.
    mutating func note(_ entry: Entry, touched: inout [Cohort]) {
        var lists: [CohortList] = []
        if !self.templates.isEmpty {
            // All topics first: what was granted may match another one than what was asked for.
            for topic in entry.topics {
                for match in self.templates.matches(topic) {
                    match.matchedUpdate = entry.sequence
                    lists.append(match.cohorts)
                }
            }
        }
        for topic in entry.topics {
            if let list = self.byTopic[topic] { self.note(entry, with: list, touched: &touched) }
        }
        for list in lists { self.note(entry, with: list, touched: &touched) }
        self.note(entry, with: self.ofEverything, touched: &touched)
    }

    private func note(_ entry: Entry, with list: CohortList, touched: inout [Cohort]) {
        for member in list.members where member.cohort.matched.last !== entry {
            let cohort = member.cohort
            guard !entry.isPrivate || cohort.isGranted(entry) else { continue }
            if case .nothing = cohort.matched { touched.append(cohort) }
            cohort.matched.append(entry)
        }
    }
}
