import Testing

@testable import Martlet

/// What a log is meant to hold, and how its answers are judged: an array, searched from end to end.
struct LogModel {
    /// Everything ever appended, kept or not.
    var all: [LogEntry] = []
    var first: SequenceNumber = 1
    var last: SequenceNumber { SequenceNumber(self.all.count) }

    mutating func append(_ updates: [Update], epoch: Epoch) {
        for update in updates {
            let position = Position(epoch: epoch, sequence: self.last + 1)
            self.all.append(LogEntry(position: position, update: update))
        }
    }

    /// Whether an interest selects and admits an update, by the words of the specification.
    static func isFor(_ interest: Interest, _ update: Update) -> Bool {
        let names = update.topics.map(\.name)
        func any(_ selectors: [Selector]) -> Bool {
            selectors.contains { selector in
                let text = selector.description
                return text == "*" || names.contains(text) || names.contains { sampleTemplates[text]?($0) ?? false }
            }
        }
        return any(interest.selectors) && (!update.isPrivate || any(interest.grants))
    }

    /// What an interest gets of what stands after `start` and not after `end`.
    func selected(by interest: Interest, after start: SequenceNumber, through end: SequenceNumber) -> [LogEntry] {
        guard start < end else { return [] }
        return self.all[Int(start)..<Int(end)].filter { Self.isFor(interest, $0.update) }
    }

    /// What of an entry must come back: a topic that an update names twice may come back once, and data is judged by
    /// its beginning and length, so that a failure is readable.
    static func essence(_ entry: LogEntry) -> [String] {
        let update = entry.update
        return [
            entry.position.description, entry.id, update.type ?? "", "\(update.isPrivate)", "\(update.data.prefix(9))",
            "\(update.data.utf8.count)",
        ] + Set(update.topics.map(\.name)).sorted()
    }

    func newest(for interest: Interest, updates: Int) -> [LogEntry] {
        self.selected(by: interest, after: self.first - 1, through: self.last).suffix(updates)
    }

    func sequence(ofID id: String) -> SequenceNumber? {
        let found = self.all[Int(self.first - 1)...].filter { $0.update.id == id }
        return found.count == 1 ? found[0].position.sequence : nil
    }

    /// Judges one page; it need not be as large as it might be, but complete up to where it says, and get on.
    func check(
        _ page: LogPage,
        after sequence: SequenceNumber,
        for interest: Interest,
        limit: PageLimit,
        _ seed: Comment
    ) {
        let start = max(sequence, self.first - 1)
        #expect(page.first == self.first, seed)
        #expect(page.through <= max(self.last, sequence), seed)
        #expect(page.through > start || start >= self.last, "no progress; \(seed)")
        let selected = self.selected(by: interest, after: start, through: page.through)
        #expect(page.entries.map(Self.essence) == selected.map(Self.essence), seed)
        #expect(page.entries.count <= limit.updates, seed)
        let bytes = page.entries.reduce(0) { $0 + $1.update.data.utf8.count }
        #expect(page.entries.count == 1 || bytes <= limit.bytes, seed)
    }
}

/// Appends, trims and reads at random, and has the model judge every answer.
///
/// - Parameter trim: makes the log trim itself, if it doesn't when it is appended to.
func compareWithModel(
    _ log: any EventLog,
    seed: Int,
    steps: Int,
    trim: () async throws -> Void = {}
) async throws {
    var traffic = RandomTraffic(seed: seed)
    var model = LogModel()
    let comment: Comment = "seed \(seed)"
    for _ in 0..<steps {
        switch Int.random(in: 0..<10, using: &traffic.random) {
        case 0..<3:
            let count = Int.random(in: 0...20, using: &traffic.random)
            let updates = try (0..<count).map { try traffic.update(Int(model.last) + 1 + $0) }
            #expect(try await log.append(updates) == model.last + 1, comment)
            model.append(updates, epoch: log.epoch)
        case 3:
            try await trim()
        case 4:
            let interest = try traffic.interest()
            let limit = PageLimit(updates: Int.random(in: 1...4, using: &traffic.random), bytes: .max)
            let newest = try await log.newest(for: interest, limit: limit)
            let expected = model.newest(for: interest, updates: limit.updates)
            #expect(newest.map(LogModel.essence) == expected.map(LogModel.essence), comment)
        case 5:
            let id = "mine:\(Int.random(in: 0...Int(model.last + 2), using: &traffic.random))"
            #expect(try await log.sequence(ofID: id) == model.sequence(ofID: id), comment)
        default:
            let interest = try traffic.interest()
            let limit = PageLimit(
                updates: Int.random(in: 1...30, using: &traffic.random),
                bytes: Int.random(in: 0...5000, using: &traffic.random)
            )
            var sequence = SequenceNumber.random(in: 0...model.last + 2, using: &traffic.random)
            repeat {
                let page = try await log.page(after: sequence, for: interest, limit: limit)
                model.check(page, after: sequence, for: interest, limit: limit, comment)
                if page.through <= sequence { break }
                sequence = page.through
            } while sequence < model.last
        }
        // The model does not say when to trim, only that a log tells what it did.
        let bounds = log.bounds
        #expect(bounds.last == model.last, comment)
        #expect(bounds.first >= model.first && bounds.first <= model.last + 1, comment)
        model.first = bounds.first
    }
}
