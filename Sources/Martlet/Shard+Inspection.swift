package import NIOCore

/// What operators look at.
extension Shard {
    /// A stream, as a list of them shows it.
    package struct Stream: Sendable, Hashable {
        package var number: Int
        package var peer: StreamPeer
        package var selectors: [String]
        /// How long it has been open.
        package var age: TimeAmount
        package var cursor: SequenceNumber
        package var state: State

        package enum State: String, Sendable {
            /// It gets what comes.
            case live
            /// Its socket is full.
            case waiting
            /// It is sent what it has missed.
            case reading
        }
    }

    /// What the shard has counted, and has to carry.
    package struct Load: Sendable {
        package var counters: ShardCounters
        /// Streams that have yet to be sent something.
        package var lagging: Int
        /// By how many updates the one that is furthest behind lags.
        package var behind: Int
        package var tailUpdates: Int
        package var tailBytes: Int
    }

    /// More topics than this aren't told apart.
    private static let maxRecentTopics = 10_000

    /// The streams whose peer or selectors hold a text, the longest open first.
    package func streams(holding text: String, limit: Int) -> (all: Int, first: [Stream]) {
        self.eventLoop.preconditionInEventLoop()
        let now = self.eventLoop.now
        var streams: [Stream] = []
        for subscriber in self.slices.joined() {
            guard let stream = self.stream(of: subscriber, now: now) else { continue }
            let isShown =
                text.isEmpty || stream.peer.address.contains(text) || stream.selectors.contains { $0.contains(text) }
            if isShown { streams.append(stream) }
        }
        streams.sort { $0.number < $1.number }
        return (streams.count, Array(streams.prefix(limit)))
    }

    /// A stream as a list shows it; nil if it has left.
    package func stream(of subscriber: Subscriber, now: NIODeadline) -> Stream? {
        self.eventLoop.preconditionInEventLoop()
        let state: Stream.State
        switch subscriber.state {
        case .live, .ending: state = .live
        case .waitingForRoom: state = .waiting
        case .waitingForLog, .yielding, .ahead: state = .reading
        case .gone: return nil
        }
        return Stream(
            number: subscriber.number,
            peer: subscriber.outlet.peer,
            selectors: subscriber.cohort.interest.selectors.prefix(100).map(\.description),
            age: now - subscriber.joined,
            cursor: self.cursor(of: subscriber),
            state: state
        )
    }

    /// Ends a stream; false if there is none of that number.
    package func endStream(_ number: Int) -> Bool {
        self.eventLoop.preconditionInEventLoop()
        guard let subscriber = self.slices.joined().first(where: { $0.number == number }), !subscriber.isOver else {
            return false
        }
        subscriber.ending = .other
        self.end(subscriber)
        return true
    }

    /// What it carries; costs in proportion to who lags.
    package func load() -> Load {
        self.eventLoop.preconditionInEventLoop()
        let lagging = [self.waiting, self.reading]
        let furthest = lagging.lazy.flatMap { $0.values }.map(\.cursor).min() ?? self.head
        return Load(
            counters: self.counters,
            lagging: self.waiting.count + self.reading.count,
            behind: max(0, Int(self.head - furthest)),
            tailUpdates: self.tail.count,
            tailBytes: self.tail.cost
        )
    }

    /// Has updates counted by topic from now on.
    package func countRecentTopics() {
        self.eventLoop.preconditionInEventLoop()
        self.recentTopics = [:]
    }

    /// How many updates of each topic came since this was asked last; empty if they aren't counted.
    package func takeRecentTopics() -> [Topic: Int] {
        self.eventLoop.preconditionInEventLoop()
        guard let topics = self.recentTopics else { return [:] }
        self.recentTopics = [:]
        return topics
    }

    /// How many streams ask for a topic by name.
    package func streamCount(of topic: Topic) -> Int { self.index.count(of: topic) }

    /// The topics that most streams ask for by name.
    package func busiestTopics(_ count: Int) -> [(topic: Topic, streams: Int)] {
        self.eventLoop.preconditionInEventLoop()
        return self.index.busiestTopics(count)
    }

    func noteRecent(_ entry: Entry) {
        for topic in entry.topics {
            if let index = self.recentTopics?.index(forKey: topic) {
                self.recentTopics?.values[index] += 1
            } else if (self.recentTopics?.count ?? 0) < Self.maxRecentTopics {
                self.recentTopics?[topic] = 1
            }
        }
    }
}

extension CohortIndex {
    func count(of topic: Topic) -> Int {
        self.byTopic[topic]?.members.reduce(0) { $0 + $1.cohort.count } ?? 0
    }

    func busiestTopics(_ count: Int) -> [(topic: Topic, streams: Int)] {
        let all = self.byTopic.map { (topic: $0.key, streams: $0.value.members.reduce(0) { $0 + $1.cohort.count }) }
        return Array(all.sorted { $0.streams > $1.streams }.prefix(count))
    }
}
