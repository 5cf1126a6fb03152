public import CoreMetrics
public import NIOCore

/// Takes updates from publishers, keeps them in a log, and pushes them to every subscriber that asked for their topics.
///
/// ```swift
/// let hub = Hub(log: MemoryLog(), eventLoopGroup: group)
/// async let running: Void = hub.run()
/// let id = try await hub.publish(Update(topic: "greetings", data: "hello"))
/// ```
///
/// It may be used from any task or thread. Subscribers live on the event loops of the group, a shard each; a log on disk
/// is written by one task on one of the loops. All of its tasks are children of ``run()``.
public final class Hub: Sendable {
    /// What ``run()`` runs beside the hub itself.
    private let sources: [any Source]
    private let log: any EventLog
    private let ownership: Ownership
    private let history: History
    private let committer: any Committer
    private let shards: [(eventLoop: any EventLoop, shard: NIOLoopBoundBox<Shard>)]

    /// Makes a hub. It publishes and reads history once ``run()`` runs.
    ///
    /// - Parameters:
    ///   - log: where updates are kept.
    ///   - eventLoopGroup: whose loops the subscribers live on.
    ///   - settings: how streams are treated.
    ///   - sources: what publishes to the hub as long as it runs.
    ///   - metrics: what is told how long it takes until an update is in the log, and with those who look.
    public convenience init(
        log: any EventLog,
        eventLoopGroup: any EventLoopGroup,
        settings: Settings = Settings(),
        sources: [any Source] = [],
        metrics: any MetricsFactory = MetricsSystem.factory
    ) {
        self.init(
            log: log,
            eventLoopGroup: eventLoopGroup,
            settings: settings,
            sources: sources,
            owned: sources.compactMap(\.owned),
            metrics: metrics
        )
    }

    /// - Parameter owned: the topics that sources publish to, whoever runs those.
    package init(
        log: any EventLog,
        eventLoopGroup: any EventLoopGroup,
        settings: Settings = Settings(),
        sources: [any Source] = [],
        owned: [OwnedTopics],
        metrics: any MetricsFactory = MetricsSystem.factory
    ) {
        let history = History(log: log)
        let ownership = Ownership(owned)
        let head = log.bounds.last
        let eventLoops = Array(eventLoopGroup.makeIterator())
        let lanes = DispatchLanes(count: eventLoops.count)
        let shards = eventLoops.enumerated().map { index, eventLoop in
            let shard = Shard(
                eventLoop: eventLoop,
                lane: (lanes, index),
                head: head,
                epoch: log.epoch,
                settings: settings,
                history: history,
                ownership: ownership,
                metrics: metrics
            )
            return (
                eventLoop: eventLoop,
                shard: NIOLoopBoundBox.makeBoxSendingValue(shard, eventLoop: eventLoop)
            )
        }
        self.sources = sources
        self.log = log
        self.ownership = ownership
        self.history = history
        self.shards = shards
        let dispatcher = Dispatcher(shards, lanes: lanes, ownership: ownership, epoch: log.epoch)
        self.committer =
            if let log = log as? any ImmediateLog {
                LoopCommitter(log: log, eventLoops: eventLoops, dispatcher: dispatcher, metrics: metrics)
            } else {
                GroupCommitter(log: log, eventLoop: eventLoops[0], dispatcher: dispatcher, metrics: metrics)
            }
    }

    /// Runs the hub, its log's upkeep and its sources until the task is cancelled; what was accepted by then is still made
    /// durable. Until it runs, ``publish(_:)`` waits.
    ///
    /// - Throws: what a source threw; the others are ended then, and the hub. Whatever a source throws once the task is
    ///   cancelled is no error.
    public func run() async throws {
        // Not a child: cancellation reaches children all at once, and sources publish what they hold before they end.
        let core = Task {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.committer.run() }
                group.addTask { await self.history.run() }
                group.addTask { await self.log.run() }
            }
        }
        let outcome: Result<Void, any Error>
        do {
            try await self.runSources()
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        core.cancel()
        await core.value
        try outcome.get()
    }

    /// Runs the sources until the task is cancelled, also if there are none.
    private func runSources() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            for source in self.sources {
                group.addTask {
                    do {
                        try await source.run(publishingTo: self)
                    } catch  where Task.isCancelled {
                        return
                    }
                }
            }
            group.addTask {
                let (nothing, end) = AsyncStream.makeStream(of: Void.self)
                for await _ in nothing {}
                end.finish()
            }
        }
    }

    /// Publishes an update.
    ///
    /// When it returns, the update is as durable as the log makes it.
    ///
    /// ```swift
    /// try await hub.publish(Update(topic: "users/42/notices", data: #"{"notice_num":3}"#, isPrivate: true))
    /// ```
    ///
    /// - Returns: the id under which subscribers see it.
    /// - Throws: ``PublishError`` if it was not published.
    @discardableResult
    public func publish(_ update: Update) async throws(PublishError) -> String {
        // As many ids as updates.
        try await self.publish([update]).first ?? ""
    }

    /// Publishes updates: all of them, in this order and next to each other in the log, or none.
    ///
    /// When it returns, they are as durable as the log makes them.
    ///
    /// - Parameters:
    ///   - updates: what to publish.
    ///   - bookmarks: how far a source has come with these updates; noted with them, or not at all.
    /// - Returns: the ids under which subscribers see them.
    /// - Throws: ``PublishError`` if nothing was published.
    @discardableResult
    public func publish(
        _ updates: [Update],
        bookmarks: [Bookmark] = []
    ) async throws(PublishError) -> [String] {
        let result: Result<[String], PublishError> = await withCheckedContinuation { continuation in
            self.publish(updates, bookmarks: bookmarks) { continuation.resume(returning: $0.map(\.ids)) }
        }
        return try result.get()
    }

    /// Publishes without a task; `completion` is called once, on any thread.
    package func publish(
        _ updates: [Update],
        bookmarks: [Bookmark] = [],
        completion: @escaping @Sendable (Result<PublishedRange, PublishError>) -> Void
    ) {
        let epoch = self.log.epoch
        for update in updates {
            if let id = update.id, let position = Position(id), position.epoch == epoch {
                let error = PublishError.reservedID(id)
                return completion(.failure(error))
            }
        }
        self.committer.submit(
            PublishRequest(
                updates: updates,
                bookmarks: bookmarks,
                bytes: updates.reduce(0) { $0 + $1.data.utf8.count + 256 + $1.topicsCost },
                completion: completion
            )
        )
    }

    /// How far a source has come, as it noted with what it published; nil if it noted nothing.
    ///
    /// - Throws: ``LogError`` if the log can't be read.
    public func bookmark(of source: String, item: String = "") async throws(LogError) -> String? {
        try await self.log.bookmark(Bookmark.Name(source: source, item: item))
    }

    /// Finds where a newcomer begins; calls back at once if that needs no reading, else on any thread.
    package func join(
        _ interest: Interest,
        completion: @escaping @Sendable (Result<ResumePoint, LogError>) -> Void
    ) {
        let backlogs = self.ownership.backlogs(of: interest)
        if backlogs.isEmpty { return completion(.success(.newcomer)) }
        self.read(completion) { history throws(LogError) in try await history.backlog(of: backlogs, for: interest) }
    }

    /// Finds where a subscriber begins that brings `id`; calls back at once if that needs no reading, else on any thread.
    package func resume(
        id: String,
        for interest: Interest,
        completion: @escaping @Sendable (Result<ResumePoint, LogError>) -> Void
    ) {
        if let point = self.history.resumeAtOnce(id: id) { return completion(.success(point)) }
        self.read(completion) { history throws(LogError) in try await history.resume(id: id, for: interest) }
    }

    private func read(
        _ completion: @escaping @Sendable (Result<ResumePoint, LogError>) -> Void,
        _ body: @escaping @Sendable (History) async throws(LogError) -> ResumePoint
    ) {
        let history = self.history
        let isAccepted = history.perform {
            do throws(LogError) {
                completion(.success(try await body(history)))
            } catch {
                completion(.failure(error))
            }
        }
        if !isAccepted { completion(.failure(History.ended)) }
    }

    /// Has `body` run as a child task of ``run()``; from any thread. False if the hub has ended: it is not run then.
    package func perform(_ body: @escaping @Sendable () async -> Void) -> Bool {
        self.history.perform(body)
    }

    /// The name of the source that a topic belongs to, or nil if everybody may publish to it.
    package func owner(of topic: Topic) -> String? { self.ownership.owner(of: topic)?.owner }

    /// Forgets the newest update of a conflated topic, because it is no longer known to be true.
    public func forget(_ topics: [Topic]) {
        let last = self.log.bounds.last
        for (eventLoop, shard) in self.shards {
            eventLoop.execute {
                // It may have been left to sleep over the values that are to be forgotten.
                shard.value.upToDate.forget(topics, through: last)
            }
        }
    }

    /// The shard of an event loop of the hub's group; only on that loop.
    package func shard(on eventLoop: any EventLoop) -> Shard {
        guard let entry = self.shards.first(where: { $0.eventLoop === eventLoop }) else {
            preconditionFailure("the event loop is none of the hub's")
        }
        return entry.shard.value
    }

    /// Ends all streams within `duration`, each with its own reconnection time, and refuses new ones.
    package func drain(over duration: TimeAmount) {
        for (eventLoop, shard) in self.shards {
            eventLoop.execute { shard.value.drain(over: duration) }
        }
    }

    /// Asks each shard, on its event loop, in the order of these.
    package func ask<Answer: Sendable>(_ body: @escaping @Sendable (Shard) -> Answer) async throws -> [Answer] {
        var answers: [Answer] = []
        for (eventLoop, shard) in self.shards {
            answers.append(try await eventLoop.submit { body(shard.value.upToDate) }.get())
        }
        return answers
    }

    /// Asks one shard, by its place in that order; nil if there is none.
    package func ask<Answer: Sendable>(
        _ body: @escaping @Sendable (Shard) -> Answer,
        of index: Int
    ) async throws -> Answer? {
        guard self.shards.indices.contains(index) else { return nil }
        let (eventLoop, shard) = self.shards[index]
        return try await eventLoop.submit { body(shard.value.upToDate) }.get()
    }

    /// The event loops that subscribers live on.
    package var eventLoops: [any EventLoop] { self.shards.map(\.eventLoop) }

    /// What each shard has counted, in the order of its event loops.
    package func counters() async throws -> [ShardCounters] {
        try await self.ask(\.counters)
    }

    /// Checks that the log can be read, and that it took the last batch it was given.
    package func checkLog() async throws(LogError) {
        if let failure = self.committer.recentFailure { throw failure }
        _ = try await self.log.page(
            after: self.log.bounds.last,
            for: Interest(selectors: [.everything]),
            limit: PageLimit(updates: 1, bytes: 1)
        )
    }

    /// The id of the newest update, or `earliest` if there is none. Of a private one that was not granted it is its
    /// position: what its publisher called it is a part of what is private.
    package func lastEventID(grants: [Selector]) async throws(LogError) -> String {
        let last = self.log.bounds.last
        let page = try await self.log.page(
            after: last - 1,
            for: Interest(selectors: [.everything], grants: grants),
            limit: PageLimit(updates: 1, bytes: 1)
        )
        if let newest = page.entries.last { return newest.id }
        return last > 0 ? Position(epoch: self.log.epoch, sequence: last).description : Update.earliest
    }

    /// What the log takes in memory or on disk, in bytes, if it knows.
    package var logBytes: Int? { self.log.bytes }

    /// Which history the log holds, and how much of it.
    package var logState: (epoch: Epoch, bounds: LogBounds) { (self.log.epoch, self.log.bounds) }
}
