import DequeModule

/// What an ``IndexedRing`` holds.
protocol RingElement {
    var sequence: SequenceNumber { get }
    var topics: [Topic] { get }
    var isPrivate: Bool { get }
    /// Bytes it costs to keep.
    var cost: Int { get }
}

/// The newest part of a log in memory: a queue without holes, with an index by topic.
///
/// Finding what matches a set of topics costs in proportion to what matches, not to what is held. A value without
/// synchronisation: whoever holds it confines it.
struct IndexedRing<Element: RingElement> {
    private var elements = Deque<Element>()
    private var byTopic: [Topic: Deque<SequenceNumber>] = [:]
    /// The oldest element's sequence number; if there is none, the one that will be appended next.
    private(set) var first: SequenceNumber
    /// What all elements cost together.
    private(set) var cost = 0

    init(startingAfter sequence: SequenceNumber) {
        self.first = sequence + 1
    }

    /// The newest element's sequence number, or `first - 1`.
    var last: SequenceNumber { self.first + SequenceNumber(self.elements.count) - 1 }
    var count: Int { self.elements.count }
    var oldest: Element? { self.elements.first }

    /// The element with a sequence number, if it is held.
    func element(at sequence: SequenceNumber) -> Element? {
        let index = Int(sequence - self.first)
        return self.elements.indices.contains(index) ? self.elements[index] : nil
    }

    mutating func append(_ element: Element) {
        precondition(element.sequence == self.last + 1, "a log has no holes")
        self.elements.append(element)
        self.cost += element.cost
        for topic in element.topics { self.byTopic[topic, default: []].note(element.sequence) }
    }

    mutating func removeOldest() {
        guard let element = self.elements.popFirst() else { return }
        self.first = element.sequence + 1
        self.cost -= element.cost
        for topic in element.topics {
            guard let index = self.byTopic.index(forKey: topic) else { continue }
            if self.byTopic.values[index].forget(element.sequence) { self.byTopic.remove(at: index) }
        }
    }

    /// Drops everything; the next element will be the one after `sequence`.
    mutating func reset(startingAfter sequence: SequenceNumber) {
        self = IndexedRing(startingAfter: sequence)
    }

    /// The most elements that one page looks at: finding nothing takes time too.
    private static var maxScanned: Int { 4096 }

    /// How far each of some lists is looked at. A request may name a thousand topics, and what it costs must not grow with
    /// those times what a page holds.
    private static func share(of lists: Int) -> Int { max(8, self.maxScanned / max(1, lists)) }

    /// The elements after `sequence` that an interest selects and admits, oldest first, and how far the search is
    /// complete.
    ///
    /// `sequence` must not lie before `first - 1`, where nothing is known. What is superseded is left out.
    func page(
        after sequence: SequenceNumber,
        for filter: inout InterestFilter,
        limit: PageLimit,
        isSuperseded: (Element) -> Bool = { _ in false }
    ) -> (elements: [Element], through: SequenceNumber) {
        precondition(sequence >= self.first - 1)
        guard sequence < self.last else { return ([], self.last) }
        var found: [Element] = []
        var room = limit.bytes
        func take(_ candidate: Element, _ filter: inout InterestFilter) -> Bool {
            guard filter.admits(isPrivate: candidate.isPrivate, topics: candidate.topics), !isSuperseded(candidate)
            else { return true }
            guard found.isEmpty || (candidate.cost <= room && found.count < limit.updates) else { return false }
            room -= candidate.cost
            found.append(candidate)
            return true
        }

        filter.steps = 0
        if filter.isScan {
            let start = Int(sequence + 1 - self.first)
            let end = min(self.elements.count, start + Self.maxScanned)
            for candidate in self.elements[start..<end] {
                if filter.selects(candidate.topics), !take(candidate, &filter) {
                    return (found, found[found.count - 1].sequence)
                }
                if filter.isSpent { return (found, candidate.sequence) }
            }
            return (found, self.first + SequenceNumber(end) - 1)
        }

        // Beyond `bound` some topic's list was not looked at.
        var bound = self.last
        var candidates: [SequenceNumber] = []
        let selectors = filter.interest.selectors
        let share = Self.share(of: selectors.count)
        for topic in selectors.lazy.compactMap(\.exactTopic) {
            guard let list = self.byTopic[topic] else { continue }
            let start = list.firstIndex(after: sequence)
            let end = min(list.count, start + min(limit.updates, share))
            candidates.append(contentsOf: list[start..<end])
            if end < list.count { bound = min(bound, list[end] - 1) }
        }
        if selectors.count > 1 { candidates.sort() }
        var previous = sequence
        for number in candidates where number != previous && number <= bound {
            previous = number
            guard take(self.elements[Int(number - self.first)], &filter) else {
                return (found, found[found.count - 1].sequence)
            }
        }
        return (found, bound)
    }

    /// The newest elements that an interest selects and admits, oldest first, of the newest that one page looks at.
    func newest(for interest: Interest, limit: PageLimit) -> [Element] {
        var filter = InterestFilter(interest)
        var newest: [Element] = []
        var room = limit.bytes
        /// False if there is no room for it.
        func take(_ element: Element) -> Bool {
            guard newest.count < limit.updates, newest.isEmpty || element.cost <= room else { return false }
            room -= element.cost
            newest.append(element)
            return true
        }
        if filter.isScan {
            for element in self.elements.suffix(Self.maxScanned).reversed() {
                if filter.selects(element.topics),
                    filter.admits(isPrivate: element.isPrivate, topics: element.topics), !take(element)
                {
                    break
                }
                if filter.isSpent { break }
            }
        } else {
            let lists = interest.selectors.compactMap { $0.exactTopic.flatMap { self.byTopic[$0] } }
            let numbers = Set(lists.flatMap { $0.suffix(Self.share(of: lists.count)) })
            for number in numbers.sorted(by: >).prefix(Self.maxScanned) {
                let element = self.elements[Int(number - self.first)]
                if filter.admits(isPrivate: element.isPrivate, topics: element.topics), !take(element) { break }
            }
        }
        return newest.reversed()
    }
}

extension Deque<SequenceNumber> {
    /// Adds the number of an update, once though the update has the topic twice.
    fileprivate mutating func note(_ sequence: SequenceNumber) {
        if self.last != sequence { self.append(sequence) }
    }

    /// Takes out the number of the oldest update; true if none is left.
    fileprivate mutating func forget(_ sequence: SequenceNumber) -> Bool {
        if self.first == sequence { self.removeFirst() }
        return self.isEmpty
    }

    /// The index of the first number greater than `sequence`; the numbers ascend.
    fileprivate func firstIndex(after sequence: SequenceNumber) -> Int {
        var low = 0
        var high = self.count
        while low < high {
            let middle = (low + high) / 2
            if self[middle] <= sequence { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension Entry: RingElement {}

extension LogEntry: RingElement {
    var sequence: SequenceNumber { self.position.sequence }
    var topics: [Topic] { self.update.topics }
    var isPrivate: Bool { self.update.isPrivate }
    var cost: Int { self.update.data.utf8.count + 256 + self.update.topicsCost }
}
