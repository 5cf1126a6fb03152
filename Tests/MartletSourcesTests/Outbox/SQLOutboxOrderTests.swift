#if PostgreSQL && MySQL
import Martlet
import MartletSQLite
import Synchronization
import Testing

@testable import MartletSources

extension OutboxTests {
    /// Transactions that commit in another order than their keys were given out.
    @Suite("An outbox and transactions side by side")
    struct SQLOutboxOrderTests {
        enum Kind: CaseIterable {
            case postgreSQL
            case mariaDB

            func open() async throws -> OutboxDatabase {
                switch self {
                case .postgreSQL: try await .postgreSQL(PostgreSQLServer.shared.value)
                case .mariaDB: try await .mariaDB(MariaDBServer.shared.value)
                }
            }
        }

        private static func insert(_ data: String) -> String {
            "INSERT INTO outbox (topic, data) VALUES ('t', '\(data)')"
        }

        @Test("a row waits for one with a lower key that commits within the wait", arguments: Kind.allCases)
        func waits(_ kind: Kind) async throws {
            let database = try await kind.open()
            let (first, second) = (try await database.open(), try await database.open())
            let options = try SQLOutboxOptions.testing(gapWait: .seconds(60))
            try await OutboxBench.run(database.url, log: MemoryLog(), options: options) { bench in
                try await first.run("BEGIN; \(Self.insert("first"))")
                try await second.run("BEGIN; \(Self.insert("second"))")
                try await second.run("COMMIT")
                let ticks = bench.monitor.status.ticks
                try await eventually("it was looked for") { bench.monitor.status.ticks > ticks + 10 }
                #expect(try await bench.updates.isEmpty)
                try await first.run("COMMIT")
                #expect(try await bench.published(2) == ["1 t first", "2 t second"])
            }
        }

        @Test(
            "a row that commits later is published late, once, also by a hub that was started since",
            arguments: Kind.allCases
        )
        func late(_ kind: Kind) async throws {
            let database = try await kind.open()
            let (first, second, third) = (
                try await database.open(), try await database.open(), try await database.open()
            )
            try await first.run("BEGIN; \(Self.insert("1"))")
            try await second.run("BEGIN; \(Self.insert("2"))")
            try await third.run(Self.insert("3"))
            let log = MemoryLog()
            let options = try SQLOutboxOptions.testing()
            try await OutboxBench.run(database.url, log: log, options: options) { bench in
                #expect(try await bench.published(1) == ["3 t 3"])
                try await second.run("COMMIT")
                #expect(try await bench.published(2) == ["3 t 3", "2 t 2"])
            }
            try await third.run(Self.insert("4"))
            try await OutboxBench.run(database.url, log: log, options: options) { bench in
                #expect(try await bench.published(3).last == "4 t 4")
                try await first.run("COMMIT")
                #expect(try await bench.published(4).last == "1 t 1")
                try await third.run(Self.insert("5"))
                #expect(try await bench.published(5) == ["3 t 3", "2 t 2", "4 t 4", "1 t 1", "5 t 5"])
                #expect(bench.monitor.status.problem == nil)
            }
        }

        @Test("keys of what was rolled back hold nothing up for longer than the wait", arguments: Kind.allCases)
        func rolledBack(_ kind: Kind) async throws {
            let database = try await kind.open()
            let options = try SQLOutboxOptions.testing()
            try await OutboxBench.run(database.url, log: MemoryLog(), options: options) { bench in
                for number in 1...5 {
                    try await database.sql("BEGIN; \(Self.insert("never")); ROLLBACK")
                    try await database.sql(Self.insert("\(number)"))
                }
                try await bench.published(5)
                #expect(try await bench.updates.map(\.data) == ["1", "2", "3", "4", "5"])
            }
        }

        @Test("keys that count by three cost no more than one wait, however many there are", arguments: Kind.allCases)
        func steps(_ kind: Kind) async throws {
            let database = try await kind.open()
            let rows = (1...3000).map { "(\($0 * 3), 't', '\($0)')" }.joined(separator: ", ")
            try await database.sql("INSERT INTO outbox (id, topic, data) VALUES \(rows)")
            let options = try SQLOutboxOptions.testing(gapWait: .seconds(1))
            let start = ContinuousClock.now
            let log = MemoryLog()
            try await OutboxBench.run(database.url, log: log, options: options) { bench in
                let published = try await bench.published(3000)
                #expect(published == (1...3000).map { "\($0 * 3) t \($0)" })
            }
            #expect(ContinuousClock.now - start > .seconds(1))
            #expect(ContinuousClock.now - start < .seconds(5))
            // All of the newest thousand are asked for again.
            try await database.sql(
                "INSERT INTO outbox (id, topic, data) VALUES (8999, 't', 'late'), (6002, 't', 'late too')"
            )
            try await OutboxBench.run(database.url, log: log, options: options) { bench in
                let published = try await bench.published(3002)
                #expect(published.suffix(2) == ["6002 t late too", "8999 t late"])
            }
            let eager = try SQLOutboxOptions.testing(interval: .seconds(60), gapWait: .zero)
            try await OutboxBench.run(database.url, log: MemoryLog(), options: eager) { bench in
                let published = try await bench.published(3002)
                #expect(published.count == 3002)
            }
        }

        @Test func `PostgreSQL tells when to look, and a row is published at once, then and when its wait is over`()
            async throws
        {
            let database = try await Kind.postgreSQL.open()
            try await database.sql(
                """
                CREATE OR REPLACE FUNCTION outbox_notify() RETURNS trigger LANGUAGE plpgsql AS
                    'BEGIN NOTIFY outbox; RETURN NULL; END';
                CREATE TRIGGER outbox_notify AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION outbox_notify();
                """
            )
            let notifier = try SQLNotifier(database.url, channel: "outbox")
            let options = try SQLOutboxOptions.testing(interval: .seconds(3600))
            let other = try await database.open()
            try await OutboxBench.run(database.url, log: MemoryLog(), notifier: notifier, options: options) { bench in
                for number in 1...3 {
                    try await database.sql(Self.insert("\(number)"))
                    #expect(try await bench.published(number).last == "\(number) t \(number)")
                }
                try await other.run("BEGIN; \(Self.insert("late"))")
                try await database.sql(Self.insert("5"))
                #expect(try await bench.published(4).last == "5 t 5")
                try await other.run("COMMIT")
                #expect(try await bench.published(5).last == "4 t late")
                #expect(bench.monitor.status.ticks < 20)
            }
        }
    }
}
#endif
