import Logging
import Martlet
import MartletSources

/// A source as it runs: what it owns, how it is doing, and itself.
struct ConfiguredSource {
    let topics: OwnedTopics
    let monitor: SourceMonitor
    let source: any Source

    /// Makes a source of its configuration; it touches nothing before it runs.
    init(_ configuration: SourceConfiguration, logger: Logger) throws {
        let topics = OwnedTopics(
            of: configuration.name,
            selector: try Selector(configuration.topic),
            isPublic: configuration.isPublic,
            isConflated: configuration.kind.isValue
        )
        let monitor = SourceMonitor(name: configuration.name, kind: configuration.kind.name, logger: logger)
        self.topics = topics
        self.monitor = monitor
        switch configuration.kind {
        case .clock(let interval):
            self.source = ClockSource(every: interval, topics: topics, monitor: monitor)
        case .file(let path, let lineLimit):
            self.source = FileSource(
                name: configuration.name,
                path: path,
                topic: configuration.topic,
                isPublic: configuration.isPublic,
                options: FileSourceOptions(lineLimit: lineLimit),
                report: { logger.notice("\($0)") }
            )
        case .sql(let query):
            let sampler = SQLSampler(
                engine: try SQLURL(query.database.text).makeEngine(),
                query: try SQLTemplate(query.text),
                rows: query.returnsAllRows ? .all : .first,
                batch: query.batch
            )
            self.source = PolledSource(
                topics: topics,
                sampler: sampler,
                options: PollingOptions(query.polling),
                monitor: monitor,
                clock: .continuous
            )
        }
    }
}

extension PollingOptions {
    fileprivate init(_ polling: SourceConfiguration.Polling) {
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
        }
    }

    /// Whether what it publishes is a value, of which the newest is all that matters, and not an item.
    var isValue: Bool {
        switch self {
        case .clock, .sql: true
        case .file: false
        }
    }
}
