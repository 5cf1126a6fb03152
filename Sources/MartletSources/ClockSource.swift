public import Logging
public import Martlet

/// Publishes the time at regular intervals: `{"time":"2026-11-22T15:04:05Z"}`.
///
/// It ticks on whole intervals of the day, so that a clock of one second shows each second once. A tick that comes while
/// the log is busy with the one before is skipped; a clock that lags behind is none.
public struct ClockSource: Source {
    /// What the source is called.
    public let name: String
    private let interval: Duration
    private let topic: Topic
    private let isPrivate: Bool
    private let logger: Logger

    /// Makes a clock.
    ///
    /// - Parameters:
    ///   - name: what it is called.
    ///   - interval: the time between two ticks, at least a millisecond.
    ///   - topic: where the time is published.
    ///   - isPublic: whether everybody may see it.
    ///   - logger: told of ticks that can't be published.
    public init(name: String, every interval: Duration, topic: Topic, isPublic: Bool, logger: Logger) {
        precondition(interval >= .milliseconds(1))
        self.name = name
        self.interval = interval
        self.topic = topic
        self.isPrivate = !isPublic
        self.logger = logger
    }

    /// Ticks until the task is cancelled.
    public func run(publishingTo hub: Hub) async throws {
        var isFailing = false
        while true {
            let now = WallTime.now()
            try await Task.sleep(for: ClockSource.delay(from: now, to: self.interval), tolerance: .zero)
            let update = try Update(
                topic: self.topic,
                data: "{\"time\":\"\(WallTime.now().rounded(to: self.interval).iso8601)\"}",
                isPrivate: self.isPrivate
            )
            do {
                try await hub.publish([update])
                isFailing = false
            } catch {
                // Once, not every second.
                if !isFailing { self.logger.error("The clock \"\(self.name)\" cannot publish: \(error)") }
                isFailing = true
            }
        }
    }

    /// How long it is from `now` to the next whole interval.
    static func delay(from now: WallTime, to interval: Duration) -> Duration {
        let step = interval.milliseconds
        return .milliseconds(step - now.milliseconds % step)
    }
}
