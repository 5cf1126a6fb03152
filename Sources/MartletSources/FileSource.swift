/// Follows a file: each new line of it becomes one event.
///
/// ```yaml
/// log: { kind: file, path: /var/log/app.log, topic: logs/app }
/// ```
///
/// An existing file is followed from its end; one that comes later is read from its start. The file may be rotated by
/// renaming or by truncating it, deleted and created again, and so may its directory. An empty line is an event with
/// empty data. What is too long, unfinished or no UTF-8 is described at `FileLineSplitter` and `FileFollower`.
///
/// The file is looked at every `interval` while `follow` runs, in the task that runs it.
public struct FileSource<C: Clock>: Sendable where C.Duration == Duration {
    /// The name of the source in the configuration.
    public let name: String
    /// The file.
    public let path: String
    /// The topic its lines are published to.
    public let topic: String
    let isPublic: Bool
    let options: FileSourceOptions
    let clock: C
    let report: @Sendable (String) -> Void

    /// Makes a source; nothing is opened before it runs.
    ///
    /// - Parameters:
    ///   - options: Limits and times.
    ///   - clock: What says when to look next, and when the grace of a replaced file is over.
    ///   - report: Takes a sentence each time it changes whether the file can be read.
    public init(
        name: String,
        path: String,
        topic: String,
        isPublic: Bool = false,
        options: FileSourceOptions = FileSourceOptions(),
        clock: C = ContinuousClock(),
        report: @escaping @Sendable (String) -> Void
    ) {
        self.name = name
        self.path = path
        self.topic = topic
        self.isPublic = isPublic
        self.options = options
        self.clock = clock
        self.report = report
    }
}

/// Limits and times of a `FileSource`.
public struct FileSourceOptions: Sendable {
    /// The longest line that is not cut, in bytes; at least 1.
    public var lineLimit: Int
    /// The time between two looks at the file.
    public var interval: Duration
    /// How long a file that was replaced or deleted is still read after it last grew.
    public var grace: Duration

    /// The defaults are 64 KiB, 50 ms and 5 s.
    /// Makes options; what isn't given is as most need it.
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
