import Martlet

/// What a database said of the values that a batched query was asked for: so those that it serves are not asked for
/// together with strangers, and those that it refuses not at all, but now and then.
///
/// Bounded, and without I/O.
struct SQLVerdicts: Sendable {
    /// Watches by how they are to be asked for.
    struct Sorted {
        /// They were served before.
        var served: [Watch] = []
        /// Nothing is known of them.
        var unknown: [Watch] = []
        /// They were refused some time ago; each is asked for on its own.
        var again: [Watch] = []
        /// They are not asked for.
        var refused: [(watch: Watch, problem: SourceProblem)] = []
    }

    private struct Refusal {
        var problem: SourceProblem
        /// The round in which it was asked for last.
        var asked: Int
    }

    /// How many that were refused are asked for in a round, and after how many rounds again.
    static let maxAgain = 8
    static let pause = 10

    private var served = RecentCache<Topic, Bool>(capacity: 50_000)
    private var refused = RecentCache<Topic, Refusal>(capacity: 10_000)
    private var round = 0

    mutating func sort(_ watches: [Watch]) -> Sorted {
        self.round += 1
        var sorted = Sorted()
        var due: [(watch: Watch, refusal: Refusal)] = []
        for watch in watches {
            if let refusal = self.refused.value(for: watch.topic) {
                due.append((watch, refusal))
            } else if self.served.value(for: watch.topic) != nil {
                sorted.served.append(watch)
            } else {
                sorted.unknown.append(watch)
            }
        }
        // Those that have waited longest.
        due.sort { $0.refusal.asked < $1.refusal.asked }
        for (watch, refusal) in due {
            if sorted.again.count < Self.maxAgain, self.round - refusal.asked >= Self.pause {
                sorted.again.append(watch)
            } else {
                sorted.refused.append((watch, refusal.problem))
            }
        }
        return sorted
    }

    mutating func serves(_ topic: Topic) {
        self.refused.remove(topic)
        self.served.insert(true, for: topic)
    }

    mutating func refuses(_ topic: Topic, _ problem: SourceProblem) {
        self.served.remove(topic)
        self.refused.insert(Refusal(problem: problem, asked: self.round), for: topic)
    }

    /// It could not be told apart from others of which one was refused.
    mutating func doubts(_ topic: Topic) {
        self.served.remove(topic)
    }

    /// One that was refused is served: the database is another one than it was, and all may be.
    mutating func forgetRefusals() {
        self.refused.removeAll()
    }
}
