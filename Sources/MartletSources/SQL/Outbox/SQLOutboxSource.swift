package import Martlet

/// Publishes the rows that are inserted into a table, in the order of their keys, each once.
///
/// How far it has read is a ``Bookmark``, noted in one transaction with the updates; so nothing is lost or repeated when
/// the hub or the database ends, whenever that is.
///
/// Transactions commit in another order than their keys were given out. A row behind a missing key waits a while for it;
/// then it goes first, and the missing one is asked for again, for a day (``OutboxPosition``). SQLite has one writer, and
/// keys that it gives out appear in their order: nothing waits there.
///
/// A row that can be no update is told to the operator and passed over.
///
/// All of it is one task and its children, the one that runs it.
package struct SQLOutboxSource<C: Clock>: Source where C.Duration == Duration {
    package let name: String
    package var owned: OwnedTopics? { self.topics }
    let topics: OwnedTopics?
    let options: SQLOutboxOptions
    let reader: OutboxReader
    let format: OutboxRowFormat
    /// How long a missing key holds up others in this database.
    let gapWait: Duration
    let notifier: SQLNotifier?
    let monitor: SourceMonitor
    let clock: C
    let makeEngine: @Sendable () throws(SQLError) -> any SQLEngine

    /// Makes a source; it asks nothing before it runs.
    ///
    /// - Parameters:
    ///   - topics: the source's own topics, whose variables are columns; nil if a column holds the topic.
    ///   - notifier: tells when to look; without one, and while it can't listen, that is done at each interval.
    ///   - makeEngine: makes what asks the database.
    /// - Throws: ``SQLError`` if the options make no sense together.
    package init(
        name: String,
        database: SQLURL,
        topics: OwnedTopics?,
        options: SQLOutboxOptions,
        notifier: SQLNotifier? = nil,
        monitor: SourceMonitor,
        clock: C,
        makeEngine: @escaping @Sendable () throws(SQLError) -> any SQLEngine
    ) throws(SQLError) {
        if options.isOnDemand, topics?.isWatchedAsOne != true {
            throw SQLError(.query, "who looks is known only of a source with topics of its own")
        }
        let format = try OutboxRowFormat(
            options,
            of: name,
            selector: topics?.selector,
            engine: database.engine
        )
        self.name = name
        self.topics = topics
        self.options = options
        self.format = format
        self.reader = OutboxReader(
            queries: OutboxQueries(
                engine: database.engine,
                table: options.table,
                key: options.columns.key,
                columns: format.columns
            ),
            keyName: options.columns.key.text,
            place: "\(database), table \(options.table.text)"
        )
        self.gapWait = database.engine == .sqlite ? .zero : options.gapWait
        self.notifier = notifier
        self.monitor = monitor
        self.clock = clock
        self.makeEngine = makeEngine
    }

    package func run(publishingTo hub: Hub) async throws {
        if self.options.isOnDemand, let topics = self.topics {
            await OnDemand(
                topics: topics,
                linger: self.options.linger,
                monitor: self.monitor,
                clock: self.clock
            ).run { await self.keepReading(for: hub) }
        } else {
            self.monitor.count { $0.watches = 1 }
            await self.keepReading(for: hub)
        }
    }

    /// Reads until the task is cancelled.
    private func keepReading(for hub: Hub) async {
        let wakes = Wakes()
        await withTaskGroup { group in
            if let notifier = self.notifier {
                group.addTask { await notifier.keepWaking(wakes) }
            }
            var reading = OutboxReading(source: self, hub: hub, wakes: wakes)
            await reading.run()
            group.cancelAll()
        }
    }
}
