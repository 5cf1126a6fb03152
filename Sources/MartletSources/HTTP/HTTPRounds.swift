import Martlet

/// In which order a server is asked: what it answered before comes first, so that paths that hang hold up nobody else's
/// value; what is new and what hung take turns behind, so that both are asked in the end.
///
/// Bounded, and without I/O.
struct HTTPRounds: Sendable {
    private var answered = RecentCache<Topic, Bool>(capacity: 50_000)
    /// What hung, with the round in which it was asked for last.
    private var silent = RecentCache<Topic, Int>(capacity: 10_000)
    private var round = 0

    /// The indices of watches, in the order in which to ask for them.
    mutating func order(_ watches: [Watch]) -> [Int] {
        self.round += 1
        var first: [Int] = []
        var new: [Int] = []
        var hung: [(index: Int, round: Int)] = []
        for (index, watch) in watches.enumerated() {
            if let round = self.silent.value(for: watch.topic) {
                hung.append((index, round))
            } else if self.answered.value(for: watch.topic) != nil {
                first.append(index)
            } else {
                new.append(index)
            }
        }
        // Those that have waited longest.
        hung.sort { $0.round < $1.round }
        var order = first
        for turn in 0..<max(new.count, hung.count) {
            if turn < new.count { order.append(new[turn]) }
            if turn < hung.count { order.append(hung[turn].index) }
        }
        return order
    }

    mutating func answers(_ topic: Topic) {
        self.answered.insert(true, for: topic)
        self.silent.remove(topic)
    }

    mutating func hangs(_ topic: Topic) {
        self.answered.remove(topic)
        self.silent.insert(self.round, for: topic)
    }
}
