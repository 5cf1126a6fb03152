import Logging
import NIOPosix
import Synchronization
import Testing

@testable import Martlet
@testable import MartletSources

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// A command source, a hub with a log that is watched, and somebody who looks or does not.
struct CommandBench: Sendable {
    let log = TappedLog()
    let topics: OwnedTopics
    let topic: Topic
    let monitor: SourceMonitor
    let told = ToldLines()

    private init() throws {
        self.topic = try Topic("command")
        self.topics = OwnedTopics(of: "command", selector: try Selector("command"))
        let logger = Logger(label: "monitor") { _ in SwiftLogNoOpLogHandler() }
        self.monitor = SourceMonitor(name: "command", kind: "command", logger: logger)
    }

    /// Runs a source as long as `test` runs; then it is cancelled, as when the hub ends.
    static func run<C: Clock>(
        _ arguments: [String],
        linger: Duration = .zero,
        grace: Duration = .seconds(2),
        clock: C = ContinuousClock(),
        test: @Sendable @escaping (CommandBench) async throws -> Void
    ) async throws where C.Duration == Duration {
        let bench = try CommandBench()
        let hub = Hub(log: bench.log, eventLoopGroup: .singletonMultiThreadedEventLoopGroup, owned: [bench.topics])
        let source = CommandSource(
            topics: bench.topics,
            options: CommandOptions(arguments: arguments, linger: linger, grace: grace),
            monitor: bench.monitor,
            logger: Logger(label: "program") { [told = bench.told] _ in told.handler },
            clock: clock
        )
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await hub.run()
                return false
            }
            group.addTask {
                try await source.run(publishingTo: hub)
                return false
            }
            group.addTask {
                defer { bench.log.goOn() }
                try await test(bench)
                return true
            }
            while let isOver = try await group.next(), !isOver {}
            group.cancelAll()
        }
    }

    func look() { self.topics.beginLooking(at: self.topic) }
    func lookAway() { self.topics.endLooking(at: self.topic) }

    /// The numbers of processes that the program has told on lines such as `pid 123`.
    func processes(_ count: Int) async throws -> [pid_t] {
        func numbers(_ lines: [String]) -> [pid_t] {
            lines.filter { $0.hasPrefix("pid ") }.compactMap { pid_t($0.dropFirst(4)) }
        }
        return numbers(try await self.log.wait { numbers($0).count >= count })
    }

    /// Whether a process is there, be it as a zombie.
    static func exists(_ process: pid_t) -> Bool { kill(process, 0) == 0 }

    /// Whether a process runs. One that is left a zombie, by a program that ended before it, is the system's to see to.
    static func isRunning(_ process: pid_t) -> Bool {
        guard access("/proc/self/stat", F_OK) == 0 else { return self.exists(process) }
        guard let file = fopen("/proc/\(process)/stat", "r") else { return false }
        defer { fclose(file) }
        var buffer = [UInt8](repeating: 0, count: 1024)
        let count = fread(&buffer, 1, buffer.count, file)
        var text = ProcText(buffer.prefix(count))
        _ = text.text(beforeLast: UInt8(ascii: ")"))
        return text.word() != "Z"
    }

    /// Looks again and again until something holds.
    static func eventually(_ what: Comment, _ isMet: () -> Bool) async throws {
        let start = ContinuousClock.now
        while !isMet() {
            guard ContinuousClock.now - start < .seconds(30) else {
                Issue.record(what)
                return
            }
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}

/// What a logger was told.
final class ToldLines: Sendable {
    private let state = Mutex<[String]>([])

    var lines: [String] { self.state.withLock { $0 } }
    var handler: any LogHandler { Handler(told: self) }

    private struct Handler: LogHandler {
        let told: ToldLines
        var logLevel = Logger.Level.info
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { self.metadata[key] }
            set { self.metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            self.told.state.withLock { $0.append("\(event.level) \(event.message)") }
        }
    }
}

/// A clock whose sleeps are over at once, if they are among those that it skips; the others don't end by themselves.
struct ImpatientClock: Clock {
    typealias Instant = ContinuousClock.Instant
    let skips: @Sendable (Duration) -> Bool
    var now: Instant { .now }
    var minimumResolution: Duration { .zero }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        if !self.skips(deadline - .now) { try await Task.sleep(for: .seconds(3600)) }
        try Task.checkCancellation()
    }
}
