import Martlet
import Synchronization
import Testing

@testable import MartletSources

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

@Suite("The file source", .serialized)
struct FileSourceTests {
    let folder = FileTestFolder()

    /// Collects lines, and ends the source with the last expected one.
    final class Collector: Sendable {
        struct Done: Error {}
        let lines = Mutex<[String]>([])

        func take(_ batch: [String]) throws {
            let isDone = lines.withLock { lines in
                lines += batch
                return lines.last == "end"
            }
            if isDone { throw Done() }
        }
    }

    private func source(interval: Duration = .milliseconds(50)) throws -> FileSource<ContinuousClock> {
        FileSource(
            pattern: try FilePattern(folder["log"]),
            topics: OwnedTopics(of: "log", selector: try Selector("logs/app")),
            options: FileSourceOptions(interval: interval),
            monitor: .silent(name: "log")
        )
    }

    private func follow(
        _ source: FileSource<ContinuousClock>,
        deliver: @Sendable ([String]) async throws -> Void
    ) async throws {
        try await source.follow(resuming: nil) { _ in
            [:]
        } deliver: { batch, _ in
            try await deliver(batch.lines.map(\.text))
            return false
        }
    }

    /// Runs the source until it delivered the line `end`, at most a minute, while `write` runs; that begins when the
    /// source has seen that no file is there, so that every line counts.
    private func collect(
        interval: Duration = .milliseconds(50),
        write: @escaping @Sendable () async -> Void
    ) async throws -> [String] {
        let collector = Collector()
        let (looked, hasLooked) = AsyncStream<Void>.makeStream()
        let source = try source(interval: interval)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                do {
                    try await self.follow(source) {
                        try collector.take($0)
                        hasLooked.yield()
                    }
                } catch is Collector.Done {}
                return true
            }
            group.addTask {
                guard (try? await Task.sleep(for: .seconds(60))) != nil else { return true }
                Issue.record("the last line did not arrive within a minute")
                return true
            }
            group.addTask {
                for await _ in looked { break }
                await write()
                return false
            }
            while let isOver = try await group.next() {
                if isOver { group.cancelAll() }
            }
        }
        return collector.lines.withLock { $0 }
    }

    private func expect(_ lines: [String], _ count: Int) {
        let expected = (0..<count).map { "line \($0)" } + ["end"]
        #expect(lines.count == expected.count)
        if lines != expected {
            let first = zip(lines, expected).enumerated().first { $1.0 != $1.1 }
            Issue.record("the first difference: \(String(describing: first))")
        }
    }

    @Test("100,000 lines in a tight loop with five rotations all arrive, in order, once", arguments: 0..<3)
    func hardRequirement(_ round: Int) async throws {
        let folder = folder
        let lines = try await collect {
            let writer = FileTestWriter(folder["log"])
            for number in 0..<100_000 {
                writer.write("line \(number)\n")
                if number % 18_000 == 9_000 {
                    folder.move("log", to: "log.\(number)")
                    writer.reopen()
                }
            }
            writer.write("end\n")
        }
        expect(lines, 100_000)
    }

    enum Style: CaseIterable, Sendable {
        /// The writer renames, and opens a new file.
        case numbered
        /// log.1 becomes log.2, and so on, then log becomes log.1.
        case shifting
        /// Another program renames and creates; the writer goes on in the old file for a while.
        case create
    }

    @Test("20,000 lines with five rotations anywhere all arrive, in order, once", arguments: 0..<21)
    func anywhere(_ seed: Int) async throws {
        let folder = folder
        let style = Style.allCases[seed % 3]
        let lines = try await collect {
            var random = SeededGenerator(seed: UInt64(seed))
            var points = (0..<5).map { _ in Int.random(in: 0..<20_000, using: &random) }
            // Some back to back, some a few lines apart.
            if seed % 2 == 0 { points[1] = points[0] }
            if seed % 4 == 0 { points[2] = points[0] + 1 }
            if seed % 5 == 0 { points = [points[0], points[0], points[0], points[0], points[0]] }
            let writer = FileTestWriter(folder["log"])
            var rotations = 0
            var reopenAt: Int?
            for number in 0..<20_000 {
                writer.write("line \(number)\n")
                if number == reopenAt {
                    writer.reopen()
                    reopenAt = nil
                }
                for _ in points.filter({ $0 == number }) {
                    rotations += 1
                    rotate(folder, style, rotations)
                    if style == .create {
                        reopenAt = number + Int.random(in: 1...20, using: &random)
                    } else {
                        writer.reopen()
                    }
                    if seed % 3 == 1 { usleep(UInt32.random(in: 1...50, using: &random)) }
                }
            }
            writer.write("end\n")
        }
        expect(lines, 20_000)
    }

    /// Looking without pause, so that looks fall into the middle of rotations. No generation is ever shifted out, so none
    /// may be missed however slow the machine.
    @Test("A hundred rotations, ten lines each, lose nothing to a busy look", arguments: Style.allCases)
    func storm(_ style: Style) async throws {
        let folder = folder
        let lines = try await collect(interval: .zero) {
            let writer = FileTestWriter(folder["log"])
            for number in 0..<1_000 {
                writer.write("line \(number)\n")
                if number % 10 == 5 { rotate(folder, style, number, generations: 100) }
                if number % 10 == 5 && style != .create || number % 10 == 8 { writer.reopen() }
            }
            writer.write("end\n")
        }
        expect(lines, 1_000)
    }

    @Test("A cancelled source returns, and leaves no descriptor open")
    func cancelled() async throws {
        folder.append("old\n", to: "log")
        let source = try source()
        let (started, hasStarted) = AsyncStream<Void>.makeStream()
        let task = Task { try await self.follow(source) { if !$0.isEmpty { hasStarted.yield() } } }
        let folder = folder
        let feeder = Task {
            while !Task.isCancelled {
                folder.append("more\n", to: "log")
                try? await Task.sleep(for: .milliseconds(5))
            }
        }
        for await _ in started { break }
        feeder.cancel()
        await feeder.value
        #expect(openDescriptors(in: folder) > 0)
        task.cancel()
        try await task.value
        #expect(openDescriptors(in: folder) == 0)
    }

    @Test("A line that can't be delivered ends the source with that error")
    func deliverThrows() async throws {
        struct Refused: Error {}
        let folder = folder
        let (looked, hasLooked) = AsyncStream<Void>.makeStream()
        let source = try source()
        await #expect(throws: Refused.self) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await self.follow(source) { lines in
                        hasLooked.yield()
                        if !lines.isEmpty { throw Refused() }
                    }
                }
                group.addTask {
                    for await _ in looked { break }
                    folder.append("1\n", to: "log")
                }
                try await group.waitForAll()
            }
        }
        #expect(openDescriptors(in: folder) == 0)
    }
}

/// Rotates as a program beside the writer would.
private func rotate(_ folder: FileTestFolder, _ style: FileSourceTests.Style, _ number: Int, generations: Int = 8) {
    switch style {
    case .numbered:
        folder.move("log", to: "log.\(number)")
    case .shifting:
        for older in (1...generations).reversed() { folder.move("log.\(older)", to: "log.\(older + 1)") }
        folder.move("log", to: "log.1")
    case .create:
        folder.move("log", to: "log.\(number)")
        folder.append("", to: "log")
    }
}
