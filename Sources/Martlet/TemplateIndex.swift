/// Finds which of the templates in use match a topic. Part of a ``Shard``, confined with it.
///
/// Each distinct template is evaluated once per topic, however many subscribers have it: what a topic matches is
/// remembered, within a bound. Even a topic that isn't remembered is tried only against those templates whose literal
/// beginning it has, which are found by look-ups.
struct TemplateIndex {
    /// A template that subscribers of the shard ask for or were granted.
    final class Entry {
        let template: URITemplate
        /// The cohorts that ask for it.
        let cohorts = CohortList()
        /// Entries are numbered as they come, so that it is known which of them a topic has not been tried against.
        let number: Int
        /// Where it stands among those with its beginning.
        var slot = 0
        /// How many cohorts ask for it or were granted it.
        var uses = 0
        var isRemoved = false
        /// The newest update that was found to match.
        var matchedUpdate: SequenceNumber = -1

        init(_ template: URITemplate, number: Int) {
            self.template = template
            self.number = number
        }
    }

    private struct Matches {
        /// The topic has been tried against the templates up to this number.
        var through: Int
        var entries: [Entry]
    }

    /// Bytes of topics in one generation of what is remembered, with what each costs beside its text.
    private static let rememberedBytes = 16 << 20

    private var byTemplate: [URITemplate: Entry] = [:]
    private var byPrefix: [[UInt8]: [Entry]] = [:]
    /// How many distinct prefixes have a length.
    private var prefixLengths: [Int: Int] = [:]
    private var newest = 0
    private var remembered = RecentCache<Topic, Matches>(capacity: Self.rememberedBytes)

    private var costs = TemplateCosts()

    /// What a new topic may cost with all templates, in steps per byte of it: some milliseconds for a usual one. Anybody may
    /// ask for templates.
    private static let maxStepsPerByte = 20_000
    /// What all templates may hold in memory: some hundred megabytes, enough for a hundred thousand users with a template each.
    private static let maxSteps = 2_000_000

    /// Whether the templates that an interest adds leave every new topic cheap enough.
    func hasRoom(for interest: Interest) -> Bool {
        let selectors = interest.grants.isEmpty ? interest.selectors : interest.selectors + interest.grants
        let templates = selectors.compactMap(\.template).filter { self.byTemplate[$0] == nil }
        if templates.isEmpty { return true }
        let costs = self.costs.adding(Array(Set(templates)))
        return costs.stepsPerByte <= Self.maxStepsPerByte && costs.steps <= Self.maxSteps
    }

    /// How often a template was evaluated.
    private(set) var evaluations = 0

    var isEmpty: Bool { self.byTemplate.isEmpty }

    /// Takes a template into use; to be given back with ``release(_:)``.
    mutating func retain(_ template: URITemplate) -> Entry {
        if let entry = self.byTemplate[template] {
            entry.uses += 1
            return entry
        }
        self.newest += 1
        let entry = Entry(template, number: self.newest)
        entry.uses = 1
        self.byTemplate[template] = entry
        let prefix = template.literalPrefix
        self.costs.add(template)
        if self.byPrefix[prefix] == nil { self.prefixLengths[prefix.count, default: 0] += 1 }
        entry.slot = self.byPrefix[prefix]?.count ?? 0
        self.byPrefix[prefix, default: []].append(entry)
        return entry
    }

    mutating func release(_ entry: Entry) {
        entry.uses -= 1
        guard entry.uses == 0 else { return }
        entry.isRemoved = true
        self.byTemplate[entry.template] = nil
        let prefix = entry.template.literalPrefix
        self.costs.remove(entry.template)
        guard let index = self.byPrefix.index(forKey: prefix) else { return }
        let last = self.byPrefix.values[index].removeLast()
        if last !== entry {
            self.byPrefix.values[index][entry.slot] = last
            last.slot = entry.slot
        }
        if self.byPrefix.values[index].isEmpty {
            self.byPrefix.remove(at: index)
            let count = self.prefixLengths[prefix.count, default: 1] - 1
            self.prefixLengths[prefix.count] = count == 0 ? nil : count
        }
        // Nothing in use, nothing to remember; what is remembered holds entries that are gone.
        if self.isEmpty { self.remembered.removeAll() }
    }

    /// The templates that match a topic.
    mutating func matches(_ topic: Topic) -> [Entry] {
        if self.isEmpty { return [] }
        var matches = self.remembered.value(for: topic, cost: Self.cost(of: topic)) ?? Matches(through: 0, entries: [])
        let isOutdated = matches.entries.contains(where: \.isRemoved)
        if matches.through == self.newest, !isOutdated { return matches.entries }
        if isOutdated { matches.entries.removeAll(where: \.isRemoved) }
        if matches.through < self.newest {
            let bytes = Array(topic.name.utf8)
            for length in self.prefixLengths.keys where length <= bytes.count {
                guard let entries = self.byPrefix[Array(bytes[..<length])] else { continue }
                for entry in entries where entry.number > matches.through {
                    self.evaluations += 1
                    if entry.template.matches(topic) { matches.entries.append(entry) }
                }
            }
            matches.through = self.newest
        }
        let cost = Self.cost(of: topic) + matches.entries.count * MemoryLayout<Entry>.stride
        self.remembered.insert(matches, for: topic, cost: cost)
        return matches.entries
    }

    private static func cost(of topic: Topic) -> Int { topic.name.utf8.count + 128 }
}
