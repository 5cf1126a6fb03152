import Martlet

/// What a source watches: it begins when somebody looks at a topic, and ends some time after the last has looked away, so
/// that a page that is reloaded finds its watch alive. Without I/O; the time is told.
struct WatchTable<Instant: InstantProtocol> where Instant.Duration == Duration {
    struct Entry {
        let watch: Watch
        /// What was published last.
        var value: String?
        /// It has been asked for.
        var isSampled = false
        /// It could not be had, and is asked for again before its time.
        var needsRetry = false
        /// When it ends, since nobody looks any more.
        var ends: Instant?
    }

    private let template: URITemplate?
    private let linger: Duration
    private(set) var entries: [Topic: Entry] = [:]

    /// - Parameter template: what gives a watch its variables; nil if the topic has none.
    init(template: URITemplate?, linger: Duration) {
        self.template = template
        self.linger = linger
    }

    var isEmpty: Bool { self.entries.isEmpty }

    mutating func apply(_ changes: [(topic: Topic, isWatched: Bool)], now: Instant) {
        for (topic, isWatched) in changes {
            if !isWatched {
                if let ends = self.entries[topic].map({ $0.ends ?? now.advanced(by: self.linger) }) {
                    self.entries[topic]?.ends = ends
                }
            } else if self.entries[topic] != nil {
                self.entries[topic]?.ends = nil
            } else if let variables = self.template == nil ? [:] : self.template?.variables(in: topic) {
                self.entries[topic] = Entry(watch: Watch(topic: topic, variables: variables))
            }
        }
    }

    /// Ends the watches whose time has come.
    mutating func end(at now: Instant) -> [Topic] {
        let ended = self.entries.filter { $0.value.ends.map { $0 <= now } ?? false }.map(\.key)
        for topic in ended { self.entries[topic] = nil }
        return ended
    }

    /// When the next watch ends, if none is looked at again.
    var nextEnd: Instant? { self.entries.values.lazy.compactMap(\.ends).min() }

    /// Those that were never asked for.
    var newcomers: [Watch] { self.entries.values.lazy.filter { !$0.isSampled }.map(\.watch) }

    /// Those that could not be had.
    var retries: [Watch] { self.entries.values.lazy.filter(\.needsRetry).map(\.watch) }

    var all: [Watch] { self.entries.values.map(\.watch) }

    /// Notes that a watch was asked for.
    mutating func noteSampled(_ topic: Topic, needsRetry: Bool) {
        self.entries[topic]?.isSampled = true
        self.entries[topic]?.needsRetry = needsRetry
    }

    func hasChanged(_ topic: Topic, to value: String) -> Bool {
        // Byte for byte: two texts that Swift takes for equal may differ for a reader.
        guard let known = self.entries[topic]?.value else { return true }
        return !known.utf8.elementsEqual(value.utf8)
    }

    mutating func notePublished(_ topic: Topic, _ value: String) {
        self.entries[topic]?.value = value
    }
}
