public import Logging
import Synchronization

/// Keeps metrics for Prometheus: a backend for swift-metrics, and the text that is scraped.
///
/// ```swift
/// let registry = PrometheusRegistry(logger: logger)
/// MetricsSystem.bootstrap(registry)
/// let text = await registry.text()
/// ```
///
/// It may be used from any task or thread. Making a metric takes a lock, recording does not. What it keeps is bounded,
/// whatever names and labels are asked for: a metric has as many series as it may, and what comes then is recorded in one
/// more, whose labels all have the value `other`.
public final class PrometheusRegistry: Sendable {
    /// The media type of ``text()``.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private let logger: Logger
    private let state: Mutex<State>

    private struct State {
        var series: SeriesTable
        var collectors: [@Sendable (inout PrometheusSamples) async -> Void] = []
        /// What the logger has been told, so that it is told once.
        var told: Set<String> = []
    }

    /// Makes an empty registry.
    ///
    /// - Parameters:
    ///   - logger: told, once for each, of metrics that can't be kept as they are asked for.
    ///   - maxSeries: the most series of one metric.
    public init(logger: Logger, maxSeries: Int = 1000) {
        self.logger = logger
        self.state = Mutex(State(series: SeriesTable(maxSeries: maxSeries)))
    }

    /// Says what a metric means, before it is made.
    ///
    /// - Parameters:
    ///   - name: its name as it is scraped, with `_total` or `_seconds`.
    ///   - help: what it counts or measures.
    ///   - buckets: the largest value of each bucket, if it is a histogram; nil for those that suit its kind.
    public func describe(_ name: String, help: String, buckets: [Double]? = nil) {
        self.state.withLock { state in
            state.series.descriptions[Exposition.metricName(name)] = SeriesTable.Description(
                help: help,
                buckets: buckets
            )
        }
    }

    /// Has `body` add what is counted elsewhere whenever the metrics are asked for.
    public func collect(_ body: @escaping @Sendable (inout PrometheusSamples) async -> Void) {
        self.state.withLock { $0.collectors.append(body) }
    }

    /// All metrics as they are now, in Prometheus' text format.
    public func text() async -> String {
        var (samples, collectors) = self.state.withLock { ($0.series.samples(), $0.collectors) }
        for collector in collectors { await collector(&samples) }
        for problem in samples.problems { self.tell(problem) }
        return samples.text
    }

    /// A histogram of durations that is recorded into without the detour of a `Timer`; the same for the same name and labels.
    package func histogram(_ name: String, labels: [(String, String)] = []) -> Histogram {
        self.instrument(name, labels) { Histogram(bounds: $0 ?? Histogram.durations) }
    }

    /// The series with a name and labels; one that nobody reads if the name is taken by another type.
    ///
    /// - Parameter make: makes it, with the buckets that were described.
    func instrument<Made: Instrument>(
        _ name: String,
        _ dimensions: [(String, String)],
        make: @Sendable (_ buckets: [Double]?) -> Made
    ) -> Made {
        let name = Made.kind.name(name)
        do {
            return try self.state.withLock { state throws(SeriesTable.Problem) in
                try state.series.find(name, dimensions, make: make)
            }
        } catch {
            self.tell(error.sentence)
            return make(nil)
        }
    }

    /// Nobody will record into it any more, as far as one who has made it is concerned.
    func release(_ instrument: AnyObject) {
        self.state.withLock { $0.series.release(instrument) }
    }

    private static let maxTold = 100

    private func tell(_ problem: String) {
        let isNew = self.state.withLock { state in
            state.told.count < Self.maxTold && state.told.insert(problem).inserted
        }
        if isNew { self.logger.warning("\(problem)") }
    }
}
