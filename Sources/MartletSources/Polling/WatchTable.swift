import Martlet

/// What a source watches: it begins when somebody looks at a topic, and ends some time after the last has looked away, so
/// that a page that is reloaded finds its watch alive. Without I/O; the time is told.
struct WatchTable<Instant: InstantProtocol> where Instant.Duration == Duration {
    struct Entry {
        var watch: Watch
        /// What ``Wakes`` call it by.
        let names: [String]
        /// What was published last.
        var value: String?
        /// When it was asked for last, as a number that grows; 0 if it never was.
        var turn = 0
    }

    private let template: URITemplate?
    /// What a topic has to be spelled like, where each item goes to one topic; nil if two spellings may be two watches.
    private let spelling: URITemplateExpansion?
    private let linger: Duration
    private let names: (Watch) -> [String]
    private(set) var entries: [Topic: Entry] = [:]
    private var topics: [String: Set<Topic>] = [:]
    /// Those that are to be asked for at once: they are new, or were woken, or have more.
    private var dueTopics: Set<Topic> = []
    /// Those whose bookmark was not looked for yet.
    private(set) var beginners: Set<Topic> = []
    /// Those that could not be had, and are asked for again before their time.
    private var retrying: Set<Topic> = []
    /// Those of which the newest attempt failed, for whatever reason.
    private var failing: Set<Topic> = []
    /// When those end that nobody looks at any more.
    private var ends: [Topic: Instant] = [:]
    private var turn = 0

    /// - Parameters:
    ///   - template: what gives a watch its variables; nil if the topic has none.
    ///   - isExact: whether a topic that is spelled in another way than the template writes it has no watch, because it would
    ///     share one's items.
    ///   - names: what ``Wakes`` call a watch by.
    init(
        template: URITemplate?,
        linger: Duration,
        isExact: Bool = false,
        names: @escaping (Watch) -> [String] = { _ in [] }
    ) {
        self.template = template
        self.spelling = isExact ? template.map(URITemplateExpansion.init) : nil
        self.linger = linger
        self.names = names
    }

    var isEmpty: Bool { self.entries.isEmpty }

    mutating func apply(_ changes: [(topic: Topic, isWatched: Bool)], now: Instant) {
        for (topic, isWatched) in changes {
            if self.entries[topic] != nil {
                self.ends[topic] = isWatched ? nil : self.ends[topic] ?? now.advanced(by: self.linger)
            } else if isWatched, let variables = self.variables(in: topic) {
                let watch = Watch(topic: topic, variables: variables)
                let names = self.names(watch)
                self.entries[topic] = Entry(watch: watch, names: names)
                self.dueTopics.insert(topic)
                self.beginners.insert(topic)
                for name in names { self.topics[name, default: []].insert(topic) }
            }
        }
    }

    private func variables(in topic: Topic) -> [String: String]? {
        guard let template else { return [:] }
        guard let variables = template.variables(in: topic) else { return nil }
        if let spelling, !spelling.text(with: variables).utf8.elementsEqual(topic.name.utf8) { return nil }
        return variables
    }

    /// Ends the watches whose time has come.
    mutating func end(at now: Instant) -> [Topic] {
        let ended = self.ends.filter { $0.value <= now }.map(\.key)
        for topic in ended {
            self.ends[topic] = nil
            self.dueTopics.remove(topic)
            self.beginners.remove(topic)
            self.retrying.remove(topic)
            self.failing.remove(topic)
            for name in self.entries.removeValue(forKey: topic)?.names ?? [] {
                self.topics[name]?.remove(topic)
                if self.topics[name]?.isEmpty == true { self.topics[name] = nil }
            }
        }
        return ended
    }

    /// When the next watch ends, if none is looked at again.
    var nextEnd: Instant? { self.ends.values.min() }

    /// Those that are to be asked for at once.
    var due: [Watch] { self.dueTopics.compactMap { self.entries[$0]?.watch } }

    var dueCount: Int { self.dueTopics.count }

    /// Of those that are to be asked for at once so many, the ones that have waited longest.
    func due(atMost count: Int) -> [Watch] { self.longestWaiting(of: self.dueTopics, atMost: count) }

    /// Those that could not be had, and aren't due anyway.
    var retries: [Watch] { self.retrying.subtracting(self.dueTopics).compactMap { self.entries[$0]?.watch } }

    /// Of the ``retries`` so many, the ones that have waited longest.
    func retries(atMost count: Int) -> [Watch] {
        self.longestWaiting(of: self.retrying.subtracting(self.dueTopics), atMost: count)
    }

    /// What always has more, or always fails, must not keep others from having their turn.
    private func longestWaiting(of topics: Set<Topic>, atMost count: Int) -> [Watch] {
        guard count > 0 else { return [] }
        var chosen: [Entry] = []
        for topic in topics {
            guard let entry = self.entries[topic] else { continue }
            if chosen.count == count {
                guard entry.turn < chosen[count - 1].turn else { continue }
                chosen.removeLast()
            }
            chosen.insert(entry, at: chosen.firstIndex { $0.turn > entry.turn } ?? chosen.count)
        }
        return chosen.map(\.watch)
    }

    var all: [Watch] { self.entries.values.map(\.watch) }

    /// Those that a tick asks for: all but those that could not be had, which have a time of their own.
    var ticking: [Watch] {
        self.retrying.isEmpty ? self.all : self.entries.filter { !self.retrying.contains($0.key) }.map(\.value.watch)
    }

    /// Whether something could not be had.
    var isRetrying: Bool { !self.retrying.isEmpty }

    /// Has everything asked for that a tick asks for, a portion at a time.
    mutating func tick() { self.dueTopics.formUnion(self.ticking.lazy.map(\.topic)) }

    /// Whether the newest attempt at anything failed.
    var isFailing: Bool { !self.failing.isEmpty }

    mutating func begin(_ topic: Topic, at bookmark: String?) {
        self.entries[topic]?.watch.bookmark = bookmark
        self.beginners.remove(topic)
    }

    /// Takes what has changed.
    mutating func wake(_ woken: Wakes.Woken) {
        if woken.isAll {
            self.dueTopics.formUnion(self.entries.keys)
        } else {
            for name in woken.names { self.dueTopics.formUnion(self.topics[name] ?? []) }
        }
    }

    /// Notes that a watch was asked for.
    mutating func noteAsked(_ topic: Topic, failed: SourceProblem.Code? = nil, hasMore: Bool = false) {
        guard self.entries[topic] != nil else { return }
        self.turn += 1
        self.entries[topic]?.turn = self.turn
        func note(_ isIn: Bool, _ set: inout Set<Topic>) {
            if isIn { set.insert(topic) } else { set.remove(topic) }
        }
        note(hasMore, &self.dueTopics)
        note(failed == .unavailable, &self.retrying)
        note(failed != nil, &self.failing)
    }

    /// Whether a value is another than the one that was published last; byte for byte, since two texts that Swift takes
    /// for equal may differ for a reader.
    func hasChanged(_ topic: Topic, to value: String) -> Bool {
        guard let entry = self.entries[topic] else { return false }
        return entry.value.map { !$0.utf8.elementsEqual(value.utf8) } ?? true
    }

    mutating func notePublished(_ topic: Topic, _ value: String) {
        self.entries[topic]?.value = value
    }

    mutating func notePublished(_ topic: Topic, bookmark: String) {
        self.entries[topic]?.watch.bookmark = bookmark
    }
}
