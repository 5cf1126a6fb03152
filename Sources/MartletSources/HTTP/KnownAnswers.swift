import Martlet

/// The last answers of a server, and what it has them known by. Does no I/O.
///
/// They take a bounded amount of memory. Those not asked for the longest are given up first: the next answer then comes in
/// whole, which costs no more than that.
struct KnownAnswers {
    struct Answer: Sendable, Hashable {
        /// Where it was, after redirects.
        var url: String
        var etag: String?
        var lastModified: String?
        var body: String

        var cost: Int { self.url.utf8.count + self.body.utf8.count + 256 }
    }

    private let limit: Int
    private var answers: [Topic: (answer: Answer, round: Int)] = [:]
    private(set) var bytes = 0
    private var round = 0

    init(limit: Int = 64 << 20) {
        self.limit = limit
    }

    var count: Int { self.answers.count }

    mutating func beginRound() -> Int {
        self.round += 1
        return self.round
    }

    mutating func answer(for topic: Topic, round: Int) -> Answer? {
        self.answers[topic]?.round = round
        return self.answers[topic]?.answer
    }

    /// Keeps an answer in place of the one before; one that has nothing to be known by is not kept.
    mutating func note(_ answer: Answer, for topic: Topic, round: Int) {
        if let old = self.answers.removeValue(forKey: topic) { self.bytes -= old.answer.cost }
        guard answer.etag != nil || answer.lastModified != nil, answer.cost <= self.limit else { return }
        self.answers[topic] = (answer, round)
        self.bytes += answer.cost
        if self.bytes > self.limit { self.trim() }
    }

    /// Makes room for more than the newest, so that this is seldom done.
    private mutating func trim() {
        for (topic, entry) in self.answers.sorted(by: { $0.value.round < $1.value.round }) {
            if self.bytes <= self.limit / 4 * 3 { return }
            self.answers[topic] = nil
            self.bytes -= entry.answer.cost
        }
    }
}
