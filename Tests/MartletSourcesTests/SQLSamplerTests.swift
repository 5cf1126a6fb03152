import Foundation
import Martlet
import Synchronization
import Testing

@testable import MartletSources

/// A database of numbers that refuses what is none, as PostgreSQL does.
private final class ScriptedEngine: SQLEngine {
    let placeholders = SQLPlaceholders.numbered
    let asked = Mutex<[Int]>([])
    let isClosed = Mutex(false)
    /// What it has for words, once it takes them.
    let words = Mutex<Int?>(nil)

    func run(_ queries: [SQLStatement]) async -> [Result<[SQLRow], SQLError>] {
        queries.map { query in
            if self.isClosed.withLock({ $0 }) { return .failure(SQLError(.unavailable, "the connection was closed")) }
            guard case .list(let texts) = query.arguments[0] else { return .failure(SQLError(.query, "no list")) }
            self.asked.withLock { $0.append(texts.count) }
            let words = self.words.withLock { $0 }
            if words == nil, let bad = texts.first(where: { Int($0) == nil }) {
                return .failure(SQLError(.query, "\(bad) is no number"))
            }
            return .success(
                texts.filter { $0 != "0" }.map {
                    SQLRow(columns: [
                        .init(name: "id", value: .text($0)), .init(name: "n", value: .integer(7)),
                    ])
                }
            )
        }
    }

    func close() async { self.isClosed.withLock { $0 = true } }
}

/// A database of names that compares without regard to case.
private struct NamesEngine: SQLEngine {
    let placeholders = SQLPlaceholders.numbered
    private let rows: [(id: String, n: Int64)] = [("caf\u{E9}", 1), ("cafe\u{301}", 2), ("bob", 3)]

    func run(_ queries: [SQLStatement]) async -> [Result<[SQLRow], SQLError>] {
        queries.map { query in
            guard case .list(let texts) = query.arguments[0] else { return .failure(SQLError(.query, "no list")) }
            let wanted = Set(texts.map { Array($0.lowercased().utf8) })
            return .success(
                self.rows.filter { wanted.contains(Array($0.id.utf8)) }.map {
                    SQLRow(columns: [.init(name: "id", value: .text($0.id)), .init(name: "n", value: .integer($0.n))])
                }
            )
        }
    }

    func close() async {}
}

/// A database of the numbers below 100 that takes a text for the number that it reads as, as a column of integers does.
private final class LooseEngine: SQLEngine {
    let placeholders = SQLPlaceholders.numbered
    let asked = Mutex<[Int]>([])

    func run(_ queries: [SQLStatement]) async -> [Result<[SQLRow], SQLError>] {
        queries.map { query in
            guard case .list(let texts) = query.arguments[0] else { return .failure(SQLError(.query, "no list")) }
            self.asked.withLock { $0.append(texts.count) }
            return .success(
                Set(texts.compactMap { Int($0) }).filter { $0 < 100 }.map { number in
                    SQLRow(columns: [
                        .init(name: "id", value: .text("\(number)")), .init(name: "n", value: .integer(7)),
                    ])
                }
            )
        }
    }

    func close() async {}
}

@Suite struct SQLSamplerTests {
    private func watches(_ ids: [String]) throws -> [Watch] {
        try ids.map { Watch(topic: try Topic("users/\($0)"), variables: ["id": $0]) }
    }

    private func sampler(_ engines: @escaping @Sendable () -> ScriptedEngine) throws -> SQLSampler {
        let query = try SQLTemplate("SELECT id, n FROM t WHERE id IN (:id)")
        return SQLSampler(query: query, batch: "id") { () throws(SQLError) in engines() }
    }

    @Test func `one query serves all, without the column that tells them apart`() async throws {
        let engine = ScriptedEngine()
        let sampler = try self.sampler { engine }
        let results = await sampler.sample(try self.watches(["1", "0", "2"]))
        #expect(results == [.success(#"{"n":7}"#), .success("null"), .success(#"{"n":7}"#)])
        #expect(engine.asked.withLock { $0 } == [3])
    }

    @Test func `a value that the database refuses takes nothing from the others`() async throws {
        let engine = ScriptedEngine()
        let sampler = try self.sampler { engine }
        var ids = (1...1000).map { "\($0)" }
        ids[700] = "abc"
        let results = await sampler.sample(try self.watches(ids))
        for (id, result) in zip(ids, results) {
            #expect(
                result == (id == "abc" ? .failure(SourceProblem(.refused, "abc is no number")) : .success(#"{"n":7}"#))
            )
        }
        #expect(engine.asked.withLock { $0.count } < 30)
    }

    @Test func `a query that is wrong for all is not asked without end`() async throws {
        let engine = ScriptedEngine()
        let sampler = try self.sampler { engine }
        let watches = try self.watches((0..<5000).map { "x\($0)" })
        for _ in 0..<8 {
            let results = await sampler.sample(watches)
            #expect(results.allSatisfy { $0.failure?.code == .refused })
            #expect(engine.asked.withLock { $0.count } < 1200)
            engine.asked.withLock { $0 = [] }
        }
        // They are known by now.
        for _ in 0..<20 { _ = await sampler.sample(watches) }
        #expect(engine.asked.withLock { $0.count } <= 20 * SQLVerdicts.maxAgain)
    }

    @Test("a thousand words scattered among numbers keep nobody's value away", arguments: [true, false])
    func scattered(comeLater: Bool) async throws {
        let engine = ScriptedEngine()
        let sampler = try self.sampler { engine }
        let numbers = (1...3000).map { "\($0)" }
        let words = (1...1000).map { "word\($0)" }
        let watches = try self.watches((numbers + words).shuffled())
        if comeLater {
            _ = await sampler.sample(try self.watches(numbers))
            engine.asked.withLock { $0 = [] }
            // With a newcomer among them.
            let late = await sampler.sample(try self.watches(numbers + words + ["42000"]))
            #expect(late[..<3000].allSatisfy { $0.failure == nil })
            let next = await sampler.sample(try self.watches(["42000"]))
            #expect(next == [.success(#"{"n":7}"#)])
        }
        var ticks = 0
        while true {
            ticks += 1
            let results = await sampler.sample(watches)
            let missing = zip(watches, results).filter { $0.variables["id"]!.first!.isNumber && $1.failure != nil }
            if missing.isEmpty { break }
            try #require(ticks < 8)
        }
        #expect(ticks <= (comeLater ? 1 : 4))
        engine.asked.withLock { $0 = [] }
        for _ in 0..<10 { _ = await sampler.sample(watches) }
        // From now on a batch, and some of the words now and then.
        #expect(engine.asked.withLock { $0.count } <= 10 * (1 + SQLVerdicts.maxAgain))
        #expect(engine.asked.withLock { $0.filter { $0 > 1 } } == Array(repeating: 3000, count: 10))
    }

    @Test func `what was refused is asked for again after a while, and all are when one is served`() async throws {
        let engine = ScriptedEngine()
        let sampler = try self.sampler { engine }
        let watches = try self.watches(["1", "a", "b", "c"])
        _ = await sampler.sample(watches)
        engine.words.withLock { $0 = 5 }
        var ticks = 0
        while await sampler.sample(watches).contains(where: { $0.failure != nil }) {
            ticks += 1
            try #require(ticks < 20)
        }
        #expect(ticks >= SQLVerdicts.pause - 2)
        #expect(await sampler.sample(watches).allSatisfy { $0.failure == nil })
        #expect(engine.asked.withLock { $0.last } == 4)
    }

    @Test func `rows go to those whose bytes they name, and to nobody else`() async throws {
        let engine = NamesEngine()
        let query = try SQLTemplate("SELECT id, n FROM t WHERE id IN (:id)")
        let sampler = SQLSampler(query: query, rows: .all, batch: "id") { () throws(SQLError) in engine }
        // To Swift the first two are equal, and to the database the last two.
        let results = await sampler.sample(try self.watches(["caf\u{E9}", "cafe\u{301}", "nobody"]))
        #expect(results[0] == .success(#"[{"n":1}]"#))
        #expect(results[1] == .success(#"[{"n":2}]"#))
        #expect(results[2] == .success("[]"))
        let loose = await sampler.sample(try self.watches(["BOB"]))
        #expect(loose == [.failure(SourceProblem(.refused, #"the query returns id "bob", which is not asked for"#))])
    }

    @Test func `another spelling of a value takes nothing from those without rows`() async throws {
        let engine = LooseEngine()
        let query = try SQLTemplate("SELECT id, n FROM t WHERE id IN (:id)")
        let sampler = SQLSampler(query: query, batch: "id") { () throws(SQLError) in engine }
        let users = ["2", "3"] + (1000..<2000).map { "\($0)" }
        let refusal = SourceProblem(.refused, #"the query returns id "1", which is not asked for"#)
        let values = users.map { Result<String, SourceProblem>.success($0.count == 1 ? #"{"n":7}"# : "null") }
        let expected = values + [.failure(refusal)]
        // At once, and also when the others were there before.
        for newcomer in ["01", "001"] {
            let watches = try self.watches(users + [newcomer])
            #expect(await sampler.sample(watches) == expected)
            #expect(engine.asked.withLock { $0.count } < 30)
            engine.asked.withLock { $0 = [] }
            #expect(await sampler.sample(watches) == expected)
            #expect(engine.asked.withLock { $0 } == [users.count])
            engine.asked.withLock { $0 = [] }
        }
    }

    @Test func `after it was closed it asks a new engine`() async throws {
        let made = Mutex(0)
        let sampler = try self.sampler {
            made.withLock { $0 += 1 }
            return ScriptedEngine()
        }
        for _ in 0..<2 { #expect(await sampler.sample(try self.watches(["1"])) == [.success(#"{"n":7}"#)]) }
        await sampler.close()
        #expect(await sampler.sample(try self.watches(["1"])) == [.success(#"{"n":7}"#)])
        #expect(made.withLock { $0 } == 2)
    }
}
