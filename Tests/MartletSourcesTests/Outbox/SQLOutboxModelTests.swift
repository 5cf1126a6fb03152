#if PostgreSQL && MySQL
import Testing

@testable import Martlet
@testable import MartletSources

extension OutboxTests {
    /// Random transactions and restarts, against what the database has in the end.
    @Suite("An outbox at random") struct SQLOutboxModelTests {
        /// Numbers that a failing test can be run with again.
        private struct Dice: RandomNumberGenerator {
            var state: UInt64

            mutating func next() -> UInt64 {
                self.state = self.state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return (self.state ^ (self.state >> 33)) &* 0xFF51_AFD7_ED55_8CCD
            }

            mutating func roll(_ sides: Int) -> Int { Int.random(in: 0..<sides, using: &self) }
        }

        /// Writers with transactions of their own, each perhaps in one.
        private struct Writers {
            let shells: [SQLShell]
            var isOpen: [Bool]
            var dice: Dice
            var next = 0

            init(_ database: OutboxDatabase, seed: UInt64) async throws {
                var shells: [SQLShell] = []
                for _ in 0..<4 { shells.append(try await database.open()) }
                self.shells = shells
                self.isOpen = shells.map { _ in false }
                self.dice = Dice(state: seed)
            }

            mutating func step() async throws {
                let index = self.dice.roll(self.shells.count)
                let shell = self.shells[index]
                switch (self.dice.roll(10), self.isOpen[index]) {
                case (0..<3, true):
                    try await shell.run(self.dice.roll(4) == 0 ? "ROLLBACK" : "COMMIT")
                    self.isOpen[index] = false
                case (0..<4, false):
                    try await shell.run("BEGIN")
                    self.isOpen[index] = true
                    try await self.insert(shell)
                default: try await self.insert(shell)
                }
            }

            private mutating func insert(_ shell: SQLShell) async throws {
                let rows = (0...self.dice.roll(5)).map { _ in
                    self.next += 1
                    return "('t', '\(self.next)')"
                }
                try await shell.run("INSERT INTO outbox (topic, data) VALUES \(rows.joined(separator: ", "))")
            }

            mutating func commitAll() async throws {
                for (index, shell) in self.shells.enumerated() where self.isOpen[index] {
                    try await shell.run("COMMIT")
                }
                self.isOpen = self.isOpen.map { _ in false }
            }
        }

        @Test(
            "each row that was committed is published once",
            arguments: [SQLOutboxOrderTests.Kind.postgreSQL, .mariaDB],
            [1, 2, 3] as [UInt64]
        )
        func model(_ kind: SQLOutboxOrderTests.Kind, _ seed: UInt64) async throws {
            let database = try await kind.open()
            let folder = FileTestFolder()
            let options = try SQLOutboxOptions.testing(interval: .milliseconds(1), gapWait: .milliseconds(1))
            let writers = Box(try await Writers(database, seed: seed))
            for _ in 0..<8 {
                let log = try await folder.log()
                try await OutboxBench.run(database.url, log: log, options: options) { bench in
                    var own = writers.value
                    for _ in 0..<(20 + own.dice.roll(40)) { try await own.step() }
                    writers.value = own
                    // Most rows are late ones, and some are not read before the hub ends.
                    if own.dice.roll(2) == 0 {
                        let ticks = bench.monitor.status.ticks
                        try await eventually("a look") { bench.monitor.status.ticks > ticks + 2 }
                    }
                    #expect(bench.monitor.status.problem == nil)
                }
                var own = writers.value
                for _ in 0..<own.dice.roll(10) { try await own.step() }
                writers.value = own
            }
            var own = writers.value
            try await own.commitAll()
            let expected = try await database.sql("SELECT id, data FROM outbox ORDER BY id").split(separator: "\n")
                .map { $0.split { "|\t".contains($0) }.joined(separator: " t ") }
            try #require(expected.count > 300)
            let log = try await folder.log()
            try await OutboxBench.run(database.url, log: log, options: options) { bench in
                try await bench.published(expected.count)
                let ticks = bench.monitor.status.ticks
                try await eventually("more looks") { bench.monitor.status.ticks > ticks + 5 }
                let published = try await bench.published(expected.count)
                #expect(published.sorted() == expected.sorted())
            }
        }

        @Test("also keys that SQLite is given in any order", arguments: [1, 2, 3] as [UInt64])
        func explicitKeys(_ seed: UInt64) async throws {
            let folder = FileTestFolder()
            let database = try await OutboxDatabase.sqlite(in: folder)
            let options = try SQLOutboxOptions.testing(interval: .milliseconds(2))
            let log = MemoryLog()
            var dice = Dice(state: seed)
            let keys = Array(1...600).shuffled(using: &dice).prefix(400)
            for start in stride(from: 0, to: keys.count, by: 40) {
                try await OutboxBench.run(database.url, log: log, options: options) { bench in
                    for key in keys[start..<start + 40] { try await database.insert("t", "\(key)", key: Int64(key)) }
                    if start.isMultiple(of: 80) { try await bench.published(start + 40) }
                }
            }
            try await OutboxBench.run(database.url, log: log, options: options) { bench in
                try await bench.published(keys.count)
                let ticks = bench.monitor.status.ticks
                try await eventually("more looks") { bench.monitor.status.ticks > ticks + 5 }
                #expect(try await bench.published(keys.count).sorted() == keys.map { "\($0) t \($0)" }.sorted())
            }
        }
    }
}
#endif
