public import Martlet

/// Publishes the time at regular intervals while somebody looks: `{"time":"2026-11-22T15:04:05Z"}`.
///
/// It ticks on whole intervals of the day, so that a clock of one second shows each second once. A tick that comes while
/// the log is busy with the one before is skipped; a clock that lags behind is none.
///
/// ```swift
/// let clock = ClockSource(every: .seconds(1), topics: topics, monitor: monitor)
/// ```
///
/// It is one task, that which runs it.
public struct ClockSource: Source {
    /// What the source is called.
    public var name: String { self.topics.owner }
    /// Its topics.
    public var owned: OwnedTopics? { self.topics }
    private let interval: Duration
    private let topics: OwnedTopics
    private let topic: Topic
    private let monitor: SourceMonitor

    /// Makes a clock.
    ///
    /// - Parameters:
    ///   - interval: the time between two ticks, at least a millisecond.
    ///   - topics: where the time is published: one topic, no template.
    ///   - monitor: told how it goes.
    public init(every interval: Duration, topics: OwnedTopics, monitor: SourceMonitor) {
        precondition(interval >= .milliseconds(1))
        guard let topic = topics.selector.exactTopic, topics.selector.template == nil else {
            preconditionFailure("a clock has one topic")
        }
        self.interval = interval
        self.topics = topics
        self.topic = topic
        self.monitor = monitor
    }

    /// Ticks until the task is cancelled.
    ///
    /// - Throws: `CancellationError`.
    public func run(publishingTo hub: Hub) async throws {
        while !Task.isCancelled {
            _ = self.topics.changes()
            let isWatched = self.topics.watchedCount > 0
            self.monitor.count { $0.watches = isWatched ? 1 : 0 }
            guard isWatched else {
                // The last time it told is true no more.
                hub.forget([self.topic])
                await self.topics.changed()
                continue
            }
            let now = WallTime.now()
            try await Task.sleep(for: ClockSource.delay(from: now, to: self.interval), tolerance: .zero)
            let update = try Update(
                topic: self.topic,
                data: "{\"time\":\"\(WallTime.now().rounded(to: self.interval).iso8601)\"}",
                isPrivate: !self.topics.isPublic
            )
            do {
                try await hub.publish([update])
                self.monitor.count {
                    $0.ticks += 1
                    $0.updates += 1
                }
                self.monitor.works()
            } catch {
                self.monitor.fails("cannot publish: \(error)")
            }
        }
    }

    /// How long it is from `now` to the next whole interval.
    static func delay(from now: WallTime, to interval: Duration) -> Duration {
        let step = interval.milliseconds
        return .milliseconds(step - now.milliseconds % step)
    }
}
