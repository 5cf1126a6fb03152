extension ValueFormat<Duration> {
    /// A whole number with a unit, `250ms`, `30s`, `5m`, `12h` or `7d`, or a bare `0`.
    static func duration(_ range: ClosedRange<Duration>) -> Self {
        Self("a duration like 30s, 5m, 12h or 7d") { text throws(Refusal) in
            guard let duration = Duration(configured: text) else { return nil }
            guard range.contains(duration) else {
                let bounds = range.described(\.configured)
                throw Refusal(.invalidValue, "expected a duration \(bounds), found \(text.quoted)")
            }
            return duration
        }
    }
}

extension ClosedRange<Duration> {
    /// From a second to a hundred years, so that no arithmetic on it can overflow.
    static var longAges: Self { .seconds(1) ... .seconds(36_500 * 86_400) }
}

extension Duration {
    private static let units: [(name: String, milliseconds: Int64)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
    ]

    init?(configured text: String) {
        let digits = text.utf8.prefix(while: \.isDigit)
        let unit = text.utf8.dropFirst(digits.count)
        guard let number = Int64(Substring(digits)) else { return nil }
        if number == 0, unit.isEmpty {
            self = .zero
            return
        }
        guard let scale = Self.units.first(where: { $0.name.utf8.elementsEqual(unit) }) else { return nil }
        let (milliseconds, overflow) = number.multipliedReportingOverflow(by: scale.milliseconds)
        guard !overflow else { return nil }
        self = .milliseconds(milliseconds)
    }

    /// The shortest way to write it, to the millisecond.
    var configured: String {
        let milliseconds = components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
        guard milliseconds != 0, let unit = Self.units.first(where: { milliseconds.isMultiple(of: $0.milliseconds) })
        else { return "0" }
        return "\(milliseconds / unit.milliseconds)\(unit.name)"
    }
}
