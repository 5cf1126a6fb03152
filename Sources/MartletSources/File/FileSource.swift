public import Martlet

/// Follows files: each new line of them becomes one update.
///
/// ```swift
/// let logs = FileSource(pattern: try FilePattern("/var/log/app/*.log"), topics: topics, monitor: monitor)
/// ```
///
/// At first an existing file is followed from its end, or from as many lines before it as newcomers of the topic are
/// sent (`OwnedTopics.backlog`); one that comes later is read from its start. Files may be rotated by renaming or by
/// truncating them, deleted and created again, and so may their directory. An empty line is an update with empty data.
/// What is too long, unfinished or no UTF-8 is described at `FileLineSplitter` and `FileTrail`.
///
/// How far each file has been read is noted in the hub's log together with its lines (`FileMark`), so that with a log
/// that lasts each line is published once, whenever the hub ends and starts again.
///
/// The files are looked at every `interval`, in the task that runs the source.
public struct FileSource<C: Clock>: Sendable where C.Duration == Duration {
    /// The name of the source in the configuration.
    public var name: String { self.topics.owner }
    /// Its topics.
    public var owned: OwnedTopics? { self.topics }
    let pattern: FilePattern
    let topics: OwnedTopics
    let fileTopics: FileTopics
    let options: FileSourceOptions
    let monitor: SourceMonitor
    let clock: C

    /// Makes a source; nothing is opened before it runs.
    ///
    /// - Parameters:
    ///   - pattern: The file or files.
    ///   - topics: Where the lines are published: one topic, or those of a template with the one variable `file`, for
    ///     which each file's name stands.
    ///   - options: Limits and times.
    ///   - monitor: Told how it goes.
    ///   - clock: What says when to look next, and when the grace of a replaced file is over.
    public init(
        pattern: FilePattern,
        topics: OwnedTopics,
        options: FileSourceOptions = FileSourceOptions(),
        monitor: SourceMonitor,
        clock: C = ContinuousClock()
    ) {
        guard let fileTopics = FileTopics(topics.selector) else {
            preconditionFailure("files have one topic, or a template with the one variable \(FileTopics.variable)")
        }
        self.pattern = pattern
        self.topics = topics
        self.fileTopics = fileTopics
        self.options = options
        self.monitor = monitor
        self.clock = clock
    }
}

/// Limits and times of a ``FileSource``.
///
/// ```swift
/// let options = FileSourceOptions(lineLimit: 4096, interval: .milliseconds(200))
/// ```
public struct FileSourceOptions: Sendable {
    /// The longest line that is not cut, in bytes; at least 1.
    public var lineLimit: Int
    /// The time between two looks at the files.
    public var interval: Duration
    /// How long a file that was replaced or deleted is still read after it last grew.
    public var grace: Duration

    /// Makes options; what isn't given is as most need it: 64 KiB, 50 ms and 5 s.
    public init(
        lineLimit: Int = 64 * 1024,
        interval: Duration = .milliseconds(50),
        grace: Duration = .seconds(5)
    ) {
        self.lineLimit = lineLimit
        self.interval = interval
        self.grace = grace
    }
}
