/// What is written at a scrape. Whoever keeps count elsewhere adds its numbers to it, see ``PrometheusRegistry/collect(_:)``.
///
/// ```swift
/// registry.collect { samples in
///     samples.gauge("queue_length", help: "Jobs that wait.", queue.count)
///     samples.counter("jobs", help: "Jobs that were done.", queue.done, labels: [("queue", "mail")])
/// }
/// ```
///
/// Nothing in it is kept: it is made for one scrape.
public struct PrometheusSamples: Sendable {
    struct Family: Sendable {
        var kind: MetricKind
        var help: String?
        var series: [LabelSet: MetricReading] = [:]
    }

    private(set) var families: [String: Family] = [:]
    /// What could not be added, in sentences.
    private(set) var problems: [String] = []
    private var claims: NameClaims

    init(claims: NameClaims = NameClaims()) {
        self.claims = claims
    }

    /// Adds a counter: a total since the start.
    ///
    /// - Parameters:
    ///   - name: its name; `_total` is appended if it isn't there.
    ///   - help: what it counts.
    ///   - value: the total.
    ///   - labels: which of the metric's series it is.
    public mutating func counter(_ name: String, help: String, _ value: Double, labels: [(String, String)] = []) {
        self.add(MetricKind.counter.name(name), .counter, help: help, .number(value), labels: labels)
    }

    /// Adds a counter that counts in whole numbers; see ``counter(_:help:_:labels:)``.
    public mutating func counter(_ name: String, help: String, _ value: Int, labels: [(String, String)] = []) {
        self.counter(name, help: help, Double(value), labels: labels)
    }

    /// Adds a gauge: how much there is of something right now.
    ///
    /// - Parameters:
    ///   - name: its name.
    ///   - help: what it tells.
    ///   - value: how much there is.
    ///   - labels: which of the metric's series it is.
    public mutating func gauge(_ name: String, help: String, _ value: Double, labels: [(String, String)] = []) {
        self.add(MetricKind.gauge.name(name), .gauge, help: help, .number(value), labels: labels)
    }

    /// Adds a gauge that is a whole number; see ``gauge(_:help:_:labels:)``.
    public mutating func gauge(_ name: String, help: String, _ value: Int, labels: [(String, String)] = []) {
        self.gauge(name, help: help, Double(value), labels: labels)
    }

    /// Adds a histogram that is kept elsewhere.
    package mutating func histogram(
        _ name: String,
        help: String,
        _ snapshot: HistogramSnapshot,
        labels: [(String, String)] = []
    ) {
        self.add(MetricKind.histogram.name(name), .histogram, help: help, .histogram(snapshot), labels: labels)
    }

    private mutating func add(
        _ name: String,
        _ kind: MetricKind,
        help: String,
        _ reading: MetricReading,
        labels: [(String, String)]
    ) {
        guard self.claims.claim(name, kind) else {
            self.problems.append("The metric \(name) is left out: its name is taken by one of another type.")
            return
        }
        let labels = LabelSet(labels)
        guard self.families[name]?.series[labels] == nil else {
            self.problems.append("The metric \(name)\(labels.braced()) is there twice; the first is shown.")
            return
        }
        self.add(name, kind, help: help, labels, reading)
    }

    /// Adds what is known to be new.
    mutating func add(_ name: String, _ kind: MetricKind, help: String?, _ labels: LabelSet, _ reading: MetricReading) {
        self.families[name, default: Family(kind: kind)].series[labels] = reading
        if self.families[name]?.help == nil { self.families[name]?.help = help }
    }
}

extension MetricKind {
    /// A name as the exposition format has it; a counter's ends in `_total`.
    func name(_ name: String) -> String {
        let name = Exposition.metricName(name)
        return self == .counter && !name.hasSuffix("_total") ? name + "_total" : name
    }
}
