import Logging
import Martlet
import MartletRedis
import MartletSources
import NIOCore

/// A source as it runs, and how it is doing.
struct ConfiguredSource {
    let monitor: SourceMonitor
    let source: any Source

    /// Makes a source of its configuration; it touches nothing before it runs.
    ///
    /// - Parameter group: where its connections live, if it has any.
    init(_ configuration: SourceConfiguration, on group: any EventLoopGroup, logger: Logger) throws {
        let topics = OwnedTopics(
            of: configuration.name,
            selector: try configuration.topic.map { try Selector($0) } ?? .everything,
            isPublic: configuration.isPublic,
            isConflated: configuration.kind.isValue,
            backlog: configuration.backlog,
            isWatchedAsOne: configuration.kind.isWatchedAsOne
        )
        let monitor = SourceMonitor(name: configuration.name, kind: configuration.kind.name, logger: logger)
        self.monitor = monitor
        switch configuration.kind {
        case .clock(let interval):
            self.source = ClockSource(every: interval, topics: topics, monitor: monitor)
        case .file(let path, let lineLimit):
            self.source = FileSource(
                pattern: try FilePattern(path),
                topics: topics,
                options: FileSourceOptions(lineLimit: lineLimit),
                monitor: monitor
            )
        case .redisValue, .redisQueue, .redisStream, .redisChannel:
            self.source = try Self.redis(configuration.kind, topics, monitor, on: group)
        case .http(let url, let headers, let timeout, let bodyLimit, let polling):
            let sampler = try HTTPSampler(
                url: try HTTPURLTemplate(url),
                headers: headers.map { Self.field($0.text) },
                options: .init(timeout: TimeAmount(timeout), bodyLimit: bodyLimit)
            )
            self.source = Self.polled(sampler, topics, polling, monitor)
        case .system(let path, let polling):
            self.source = Self.polled(SystemSampler(path: path, clock: .continuous), topics, polling, monitor)
        case .command(let arguments, let linger, let lineLimit):
            self.source = CommandSource(
                topics: topics,
                options: CommandOptions(arguments: arguments, linger: linger, lineLimit: lineLimit),
                monitor: monitor,
                logger: logger,
                clock: .continuous
            )
        case .sqlOutbox(let outbox):
            // Without a topic in the configuration a column holds each row's.
            self.source = try Self.outbox(outbox, configuration.topic.map { _ in topics }, configuration, monitor)
        case .sql(let query):
            let url = try SQLURL(query.database.text)
            let sampler = SQLSampler(
                query: try SQLTemplate(query.text),
                rows: query.returnsAllRows ? .all : .first,
                batch: query.batch
            ) { () throws(SQLError) in try url.makeEngine() }
            let wakes = Wakes()
            let notified: any Sampler =
                if let channel = query.wake {
                    NotifiedSampler(sampler, notifier: try SQLNotifier(url, channel: channel), wakes: wakes)
                } else {
                    sampler
                }
            self.source = Self.polled(notified, topics, query.polling, monitor, wakes)
        }
    }

    static func polled(
        _ sampler: any Sampler,
        _ topics: OwnedTopics,
        _ polling: SourceConfiguration.Polling,
        _ monitor: SourceMonitor,
        _ wakes: Wakes = Wakes()
    ) -> any Source {
        PolledSource(
            topics: topics,
            sampler: sampler,
            options: PollingOptions(polling),
            wakes: wakes,
            monitor: monitor,
            clock: .continuous
        )
    }

    /// `Name: value`, as the configuration has a header field.
    private static func field(_ text: String) -> (name: String, value: String) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        return (String(parts[0]), String(parts[1].drop { $0 == " " }))
    }
}

extension PollingOptions {
    init(_ polling: SourceConfiguration.Polling) {
        self.init(interval: polling.every, linger: polling.linger, emitsAlways: polling.emitsAlways)
    }
}

extension SourceConfiguration.Kind {
    /// The word that the configuration has for it.
    var name: String {
        switch self {
        case .clock: "clock"
        case .file: "file"
        case .sql: "sql"
        case .sqlOutbox: "sql-outbox"
        case .redisChannel: "redis-channel"
        case .redisQueue: "redis-queue"
        case .redisStream: "redis-stream"
        case .redisValue: "redis-value"
        case .http: "http"
        case .system: "system"
        case .command: "command"
        }
    }

    /// Whether what it publishes is a value, of which the newest is all that matters, and not an item.
    var isValue: Bool {
        switch self {
        case .clock, .sql, .redisValue, .http, .system: true
        case .redisQueue(_, _, let counter, _): counter != nil
        case .file, .command, .redisChannel, .redisStream, .sqlOutbox: false
        }
    }

    /// Whether all of its topics are watched, or none.
    var isWatchedAsOne: Bool {
        switch self {
        case .redisChannel, .sqlOutbox: true
        default: false
        }
    }
}
