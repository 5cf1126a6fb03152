/// When a ``PolledSource`` asks, and what it publishes.
package struct PollingOptions: Sendable {
    /// The time between two ticks.
    package var interval: Duration
    /// The time between two ticks while ``Wakes`` tell of changes: so that what they have missed is not missed for ever.
    package var calmInterval: Duration
    /// How long a watch goes on when nobody looks any more.
    package var linger: Duration
    /// Whether every tick is published, changed or not.
    package var emitsAlways: Bool

    /// Makes options; what isn't given is as most need it.
    package init(
        interval: Duration,
        calmInterval: Duration = .seconds(60),
        linger: Duration = .seconds(10),
        emitsAlways: Bool = false
    ) {
        self.interval = interval
        self.calmInterval = max(calmInterval, interval)
        self.linger = linger
        self.emitsAlways = emitsAlways
    }
}
