/// What a metric is, as the exposition format spells it.
enum MetricKind: String, Sendable {
    case counter
    case gauge
    case histogram
}

/// Something that is recorded into, and read when the metrics are asked for. Shared by all threads.
protocol Instrument: AnyObject, Sendable {
    static var kind: MetricKind { get }
    var reading: MetricReading { get }
}

/// What an instrument has come to.
enum MetricReading: Sendable {
    case number(Double)
    case histogram(HistogramSnapshot)
}
