public import CoreMetrics

/// What swift-metrics asks for, as Prometheus has it: a meter and a recorder of single values are gauges, a recorder that
/// aggregates is a histogram, a timer is a histogram in seconds.
extension PrometheusRegistry: MetricsFactory {
    /// Makes a counter; its name is given `_total` if it has not.
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        self.instrument(label, dimensions) { _ in CounterSeries() }
    }

    /// Makes a counter of fractions; its name is given `_total` if it has not.
    public func makeFloatingPointCounter(
        label: String,
        dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        self.instrument(label, dimensions) { _ in CounterSeries() }
    }

    /// Makes a gauge.
    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        self.instrument(label, dimensions) { _ in GaugeSeries() }
    }

    /// Makes a histogram if it is to aggregate, else a gauge.
    public func makeRecorder(
        label: String,
        dimensions: [(String, String)],
        aggregate: Bool
    ) -> any RecorderHandler {
        guard aggregate else { return self.instrument(label, dimensions) { _ in GaugeSeries() } }
        return self.instrument(label, dimensions) { Histogram(bounds: $0 ?? Histogram.values) }
    }

    /// Makes a histogram of seconds; its name is given `_seconds` if it has not.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        let name = label.hasSuffix("_seconds") ? label : label + "_seconds"
        return self.histogram(name, labels: dimensions)
    }

    /// Takes a counter out once all who have made it have given it up.
    public func destroyCounter(_ handler: any CounterHandler) { self.release(handler) }

    /// Takes a counter out once all who have made it have given it up.
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { self.release(handler) }

    /// Takes a gauge out once all who have made it have given it up.
    public func destroyMeter(_ handler: any MeterHandler) { self.release(handler) }

    /// Takes a histogram or gauge out once all who have made it have given it up.
    public func destroyRecorder(_ handler: any RecorderHandler) { self.release(handler) }

    /// Takes a histogram out once all who have made it have given it up.
    public func destroyTimer(_ handler: any TimerHandler) { self.release(handler) }
}
