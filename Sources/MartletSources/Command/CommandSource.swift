package import Logging
package import Martlet

/// What a ``CommandSource`` runs, and its limits.
package struct CommandOptions: Sendable {
    /// The program and its arguments; no shell reads them. A name without a slash is looked up in `PATH`.
    package var arguments: [String]
    /// How long the program goes on when nobody looks any more.
    package var linger: Duration
    /// The longest line that is not cut, in bytes.
    package var lineLimit: Int
    /// How long a program has to end by itself when it is told to, before it is killed.
    package var grace: Duration

    /// Makes options; what isn't given is as most need it.
    package init(
        arguments: [String],
        linger: Duration = .seconds(10),
        lineLimit: Int = 64 << 10,
        grace: Duration = .seconds(2)
    ) {
        precondition(!arguments.isEmpty && !arguments[0].isEmpty, "a command has a program")
        self.arguments = arguments
        self.linger = linger
        self.lineLimit = lineLimit
        self.grace = grace
    }

    /// What `sh` has to do, for those who want pipes, variables and the like.
    package static func shell(_ text: String) -> [String] { ["sh", "-c", text] }
}

/// Runs a program while somebody looks: each line of its standard output becomes an update.
///
/// ```yaml
/// app-log: { kind: command, run: [tail, -f, /var/log/app.log], topic: logs/app }
/// ```
///
/// - The program has no standard input, and a process group of its own, which is ended as a whole: it is told to
///   (SIGTERM), and what is left of it after a while is killed. It does not see the hub's own settings (`MARTLET_…`),
///   which may hold keys.
/// - A program that ends, in whatever way, is started again: after half a second, then later and later, up to half a
///   minute, drawn at random from the upper half of that. One that has run for ten seconds counts as working again.
/// - What the log does not take in is not read: a program that writes faster waits for its pipe.
/// - Lines are read as `FileLineSplitter` says; what is unfinished when the program ends by itself is a line.
/// - Standard error goes to the logger, at most so many lines of it (`ErrorLines`).
///
/// All of it is one task and its children, the one that runs it.
package struct CommandSource<C: Clock>: Source where C.Duration == Duration {
    package var name: String { self.topics.owner }
    package var owned: OwnedTopics? { self.topics }
    let topics: OwnedTopics
    let topic: Topic
    let options: CommandOptions
    let monitor: SourceMonitor
    let logger: Logger
    let clock: C

    /// Makes a source; nothing is started before somebody looks.
    ///
    /// - Parameter topics: where the lines are published: one topic, no template.
    package init(topics: OwnedTopics, options: CommandOptions, monitor: SourceMonitor, logger: Logger, clock: C) {
        guard let topic = topics.selector.exactTopic, topics.selector.template == nil else {
            preconditionFailure("a command has one topic")
        }
        self.topics = topics
        self.topic = topic
        self.options = options
        self.monitor = monitor
        self.logger = logger
        self.clock = clock
    }

    package func run(publishingTo hub: Hub) async throws {
        await OnDemand(topics: self.topics, linger: self.options.linger, monitor: self.monitor, clock: self.clock).run {
            await self.keepRunning(publishingTo: hub)
        }
    }
}
