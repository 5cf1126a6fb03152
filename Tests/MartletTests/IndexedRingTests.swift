import Testing

@testable import Martlet

@Suite struct IndexedRingTests {
    private let epoch = Epoch.random()

    private func entry(_ sequence: SequenceNumber, _ update: Update) -> LogEntry {
        LogEntry(position: Position(epoch: self.epoch, sequence: sequence), update: update)
    }

    @Test(arguments: 0..<20)
    func `it answers as an array does that is searched from end to end`(seed: Int) throws {
        var traffic = RandomTraffic(seed: seed)
        var model = LogModel()
        var ring = IndexedRing<LogEntry>(startingAfter: 0)
        let comment: Comment = "seed \(seed)"
        for _ in 0..<500 {
            switch Int.random(in: 0..<10, using: &traffic.random) {
            case 0..<4:
                model.append([try traffic.update(Int(model.last) + 1)], epoch: self.epoch)
                ring.append(model.all.last!)
            case 4..<6:
                let isEmpty = ring.count == 0
                ring.removeOldest()
                if !isEmpty { model.first += 1 }
            case 6:
                let interest = try traffic.interest()
                let limit = PageLimit(updates: Int.random(in: 1...4, using: &traffic.random), bytes: .max)
                let newest = ring.newest(for: interest, limit: limit)
                #expect(newest == model.newest(for: interest, updates: limit.updates), comment)
            default:
                let interest = try traffic.interest()
                var filter = InterestFilter(interest)
                let limit = PageLimit(
                    updates: Int.random(in: 1...8, using: &traffic.random),
                    bytes: Int.random(in: 0...3000, using: &traffic.random)
                )
                var start = SequenceNumber.random(in: model.first - 1...model.last, using: &traffic.random)
                repeat {
                    let page = ring.page(after: start, for: &filter, limit: limit)
                    model.check(
                        LogPage(entries: page.elements, through: page.through, first: ring.first),
                        after: start,
                        for: interest,
                        limit: limit,
                        comment
                    )
                    if page.through <= start { break }
                    start = page.through
                } while start < model.last
            }
            #expect(ring.first == model.first && ring.last == model.last, comment)
            #expect(ring.count == Int(model.last - model.first + 1), comment)
            #expect(ring.cost == model.all[Int(model.first - 1)...].reduce(0) { $0 + $1.cost }, comment)
            #expect(ring.oldest == (ring.count == 0 ? nil : model.all[Int(model.first - 1)]), comment)
        }
    }

    @Test func `what a page looks at does not grow with the topics that are asked for`() throws {
        var ring = IndexedRing<LogEntry>(startingAfter: 0)
        for number in 0..<50_000 {
            ring.append(self.entry(SequenceNumber(number + 1), try .sample("t/\(number % 1000)")))
        }
        var filter = InterestFilter(Interest(selectors: try (0..<1000).map { try Selector("t/\($0)") }))
        var looks = 0
        let page = ring.page(after: 0, for: &filter, limit: PageLimit(updates: 512, bytes: .max)) { _ in
            looks += 1
            return true
        }
        #expect(looks <= 8000 && page.elements.isEmpty && page.through == 8000)
        // And everything is found all the same, page by page.
        var (found, place): ([SequenceNumber], SequenceNumber) = ([], 0)
        while place < ring.last {
            let page = ring.page(after: place, for: &filter, limit: PageLimit(updates: 512, bytes: .max))
            found += page.elements.map(\.position.sequence)
            try #require(page.through > place)
            place = page.through
        }
        #expect(found == Array(1...50_000))
    }

    @Test func `after a reset it knows nothing, and goes on where it is told`() throws {
        var ring = IndexedRing<LogEntry>(startingAfter: 0)
        ring.append(self.entry(1, try .sample("a")))
        ring.reset(startingAfter: 41)
        #expect(ring.first == 42 && ring.last == 41 && ring.count == 0 && ring.cost == 0)
        ring.append(self.entry(42, try .sample("a")))
        var filter = InterestFilter(try .sample("a"))
        let page = ring.page(after: 41, for: &filter, limit: PageLimit(updates: 9, bytes: 9))
        #expect(page.elements.map(\.sequence) == [42])
        #expect(page.through == 42)
    }

    @Test func `an update with a topic twice is found once, and leaves no trace`() throws {
        var ring = IndexedRing<LogEntry>(startingAfter: 0)
        ring.append(self.entry(1, try .sample("a", "b", "a", "b", "a")))
        let limit = PageLimit(updates: 9, bytes: 9)
        var filter = InterestFilter(try .sample("a", "b"))
        func found(after sequence: SequenceNumber) -> [SequenceNumber] {
            ring.page(after: sequence, for: &filter, limit: limit).elements.map(\.sequence)
        }
        #expect(found(after: 0) == [1])
        ring.removeOldest()
        #expect(found(after: 1) == [])
        ring.append(self.entry(2, try .sample("b")))
        #expect(found(after: 1) == [2])
    }

    @Test func `a page looks at no more than some thousand updates, and says how far it has come`() throws {
        var ring = IndexedRing<LogEntry>(startingAfter: 0)
        for sequence in 1...10_000 { ring.append(self.entry(SequenceNumber(sequence), try .sample("a/\(sequence)"))) }
        var filter = InterestFilter(try .sample("{x}", "a/9{y}99"))
        var start: SequenceNumber = 0
        var found: [SequenceNumber] = []
        var pages = 0
        while start < ring.last {
            let page = ring.page(after: start, for: &filter, limit: PageLimit(updates: 100, bytes: 1 << 20))
            #expect(page.through > start && page.through <= start + 4096)
            found += page.elements.map(\.sequence)
            start = page.through
            pages += 1
        }
        #expect(found == [999] + (0...9).map { 9099 + $0 * 100 })
        #expect(pages == 3)
    }

    @Test func `many topics cost more than few`() throws {
        let few = self.entry(1, try .sample("a"))
        let many = self.entry(
            1,
            try Update(topics: (0..<1000).map { try Topic(String(repeating: "x", count: 1000) + "\($0)") }, data: "x")
        )
        #expect(many.cost > 1_000_000 && few.cost < 1000)
        #expect(Entry(many).cost > 1_000_000)
    }
}
