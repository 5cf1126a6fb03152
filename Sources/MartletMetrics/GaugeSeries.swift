import CoreMetrics

/// A number that goes up and down: the last one that was set.
final class GaugeSeries: Instrument, MeterHandler, RecorderHandler {
    static let kind = MetricKind.gauge

    private let number = AtomicDouble()

    var reading: MetricReading { .number(self.number.value) }

    func set(_ value: Int64) { self.number.store(Double(value)) }
    func set(_ value: Double) { self.number.store(value) }
    func increment(by amount: Double) { self.number.add(amount) }
    func decrement(by amount: Double) { self.number.add(-amount) }
    func record(_ value: Int64) { self.set(value) }
    func record(_ value: Double) { self.set(value) }
}
