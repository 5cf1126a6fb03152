/// When a ``PolledSource`` asks next. Without I/O; the time is told.
struct PollingSchedule<Instant: InstantProtocol> where Instant.Duration == Duration {
    private let options: PollingOptions
    private var tick: Instant
    /// When the newest tick was due, for the interval of those who are calm.
    private var lastTick: Instant
    /// When what could not be had is asked for again.
    private var retry: Instant
    /// How often it could not be had in a row.
    private var failures = 0

    init(_ options: PollingOptions, start: Instant) {
        self.options = options
        self.tick = start
        self.lastTick = start
        self.retry = start
    }

    /// Whether a tick is due, for those that can be had, and a retry, for those that can't.
    func isDue(at now: Instant, isCalm: Bool) -> (tick: Bool, retry: Bool) {
        (now >= self.nextTick(isCalm: isCalm), self.failures > 0 && now >= self.retry)
    }

    /// When something will be due.
    func next(isCalm: Bool) -> Instant {
        let tick = self.nextTick(isCalm: isCalm)
        return self.failures == 0 ? tick : min(tick, self.retry)
    }

    /// Notes that nothing has to be asked for again before its time: what could not be had was had since, or is no
    /// longer watched.
    mutating func settle() { self.failures = 0 }

    /// Notes that something was asked for, and how long that took.
    ///
    /// - Parameter isComplete: false if something is to be asked for again before its time.
    /// - Returns: how many ticks passed meanwhile, and are skipped.
    mutating func asked(isTick: Bool, isRetry: Bool, isComplete: Bool, from start: Instant, to now: Instant) -> Int {
        var skipped = 0
        if isTick {
            // One that had to wait, for a retry or because all was calm, begins a new series.
            if self.tick.duration(to: start) >= self.options.interval { self.tick = start }
            self.tick = self.tick.advanced(by: self.options.interval)
            if self.tick <= now {
                skipped = Int(self.tick.duration(to: now) / self.options.interval) + 1
                self.tick = self.tick.advanced(by: self.options.interval * skipped)
            }
            self.lastTick = self.tick.advanced(by: .zero - self.options.interval)
        }
        if !isComplete {
            // A newcomer's failure doesn't put off the retry of others.
            if self.failures == 0 || isRetry {
                self.failures += 1
                self.retry = now.advanced(by: Backoff.delay(after: self.failures))
            }
        } else if isRetry {
            // There may be more than was asked for in one go; only what settles ends this.
            self.retry = now
        }
        return skipped
    }

    private func nextTick(isCalm: Bool) -> Instant {
        isCalm ? self.lastTick.advanced(by: self.options.calmInterval) : self.tick
    }
}

/// How long to wait after so many failures in a row.
enum Backoff {
    private static let longest = Duration.seconds(30)

    /// Grows twofold from half a second, and is drawn at random from its upper half, so that hubs don't return together.
    static func delay(after failures: Int) -> Duration {
        let most = min(Duration.milliseconds(500) * (1 << min(max(failures, 1) - 1, 10)), self.longest)
        return most * Double.random(in: 0.5...1)
    }
}
