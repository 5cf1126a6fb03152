import Testing

@testable import Martlet

@Suite(.timeLimit(.minutes(2))) struct MemoryLogTests {
    @Test(arguments: 0..<10)
    func `it answers as the model does while it trims by count`(seed: Int) async throws {
        let log = MemoryLog(keep: Retention(updates: 1 + seed * 7, age: nil))
        try await compareWithModel(log, seed: seed, steps: 250)
    }

    @Test(arguments: 0..<5)
    func `it answers as the model does while it trims by bytes`(seed: Int) async throws {
        let log = MemoryLog(keep: Retention(updates: nil, age: nil), maxBytes: 50_000)
        try await compareWithModel(log, seed: seed, steps: 250)
    }

    @Test(arguments: 0..<5)
    func `it answers as the model does while it keeps everything`(seed: Int) async throws {
        try await compareWithModel(MemoryLog(), seed: seed, steps: 200)
    }

    @Test func `a new log is empty, and every one has an epoch of its own`() async throws {
        let log = MemoryLog()
        #expect(log.bounds == LogBounds(first: 1, last: 0))
        #expect(log.epoch != MemoryLog().epoch)
        #expect(try await log.newest(for: .sample("*")) == nil)
        #expect(try await log.sequence(ofID: "a") == nil)
        let page = try await log.page(after: 0, for: .sample("*"), limit: PageLimit(updates: 1, bytes: 1))
        #expect(page.entries.isEmpty && page.through == 0 && page.first == 1)
    }

    @Test func `nothing appended is nothing changed`() async throws {
        let log = MemoryLog()
        #expect(try await log.append([]) == 1)
        #expect(log.bounds == LogBounds(first: 1, last: 0))
    }

    @Test func `keeping nothing still counts`() async throws {
        let log = MemoryLog(keep: Retention(updates: 0, age: nil))
        #expect(try await log.append([.sample("a", id: "x"), .sample("a")]) == 1)
        #expect(log.bounds == LogBounds(first: 3, last: 2))
        #expect(try await log.append([.sample("a")]) == 3)
        #expect(try await log.sequence(ofID: "x") == nil)
    }

    @Test func `of updates with the same id none is found, until one only is kept`() async throws {
        let log = MemoryLog(keep: Retention(updates: 2, age: nil))
        _ = try await log.append([.sample("a", id: "x"), .sample("a", id: "x")])
        #expect(try await log.sequence(ofID: "x") == nil)
        #expect(try await log.sequence(ofID: "x", for: .sample("a")) == 2)
        _ = try await log.append([.sample("a")])
        #expect(try await log.sequence(ofID: "x") == 2, "the older one's leaving does not hide it")
        _ = try await log.append([.sample("a")])
        #expect(try await log.sequence(ofID: "x") == nil)
    }

    @Test func `ids are compared byte for byte`() async throws {
        let log = MemoryLog()
        _ = try await log.append([.sample("a", id: "caf\u{E9}"), .sample("a", id: "cafe\u{301}")])
        #expect(try await log.sequence(ofID: "caf\u{E9}") == 1)
        #expect(try await log.sequence(ofID: "cafe\u{301}") == 2)
    }

    @Test func `what is too old goes when the log is next used`() async throws {
        let log = MemoryLog(keep: Retention(updates: nil, age: .zero))
        _ = try await log.append([.sample("a"), .sample("a")])
        let before = ContinuousClock.now
        try await eventually("the clock gets on") { ContinuousClock.now > before }
        let page = try await log.page(after: 0, for: .sample("a"), limit: PageLimit(updates: 9, bytes: 9))
        #expect(page.entries.isEmpty)
        #expect(page.first == 3 && page.through == 2)
        #expect(log.bounds == LogBounds(first: 3, last: 2))
        #expect(try await log.append([.sample("a")]) == 3)
    }

    @Test func `what is young stays`() async throws {
        let log = MemoryLog(keep: Retention(updates: nil, age: .seconds(3600)))
        for _ in 0..<10 { _ = try await log.append([.sample("a")]) }
        #expect(log.bounds == LogBounds(first: 1, last: 10))
    }

    @Test func `many topics count against its bytes`() async throws {
        let log = MemoryLog(keep: Retention(updates: nil, age: nil), maxBytes: 5_000_000)
        let topics = try (0..<1000).map { try Topic(String(repeating: "x", count: 1000) + "\($0)") }
        for number in 0..<10 { _ = try await log.append([Update(topics: topics, data: "\(number)")]) }
        #expect(log.bounds.first > 5, "ten updates with a megabyte of topics each do not fit into five")
    }
}
