extension BenchReport {
    /// The figures as a table for people, then the faults, a line each.
    package var text: String {
        var lines = ["\(self.load)  \(self.url)" + (self.isInterrupted ? "  (ended early)" : "")]
        let rows = self.figures.map { figure in (figure.label, Number.shown(figure.value), figure.unit) }
        let labels = rows.map(\.0.count).max() ?? 0
        let values = rows.map(\.1.count).max() ?? 0
        for (label, value, unit) in rows {
            let line = "  " + label.padded(to: labels) + "  " + value.padded(from: values) + (unit.isEmpty ? "" : " ")
            lines.append(line + unit)
        }
        lines += self.faults.map { "  FAULT: \($0)" }
        return lines.joined(separator: "\n") + "\n"
    }
}

/// Numbers as people read them.
package enum Number {
    /// With a comma for each thousand.
    package static func grouped(_ value: Int) -> String {
        var digits = String(value.magnitude)[...]
        var groups: [Substring] = []
        while digits.count > 3 {
            groups.insert(digits.suffix(3), at: 0)
            digits = digits.dropLast(3)
        }
        groups.insert(digits, at: 0)
        return (value < 0 ? "-" : "") + groups.joined(separator: ",")
    }

    /// With as many decimals as tell something.
    package static func shown(_ value: Double) -> String {
        let decimals = abs(value) < 10 ? 2 : abs(value) < 100 ? 1 : 0
        let scale = decimals == 2 ? 100.0 : decimals == 1 ? 10 : 1
        guard abs(value) < 1e15 else { return "\(value)" }
        let scaled = Int((abs(value) * scale).rounded())
        let whole = self.grouped(scaled / Int(scale))
        let sign = value < 0 && scaled > 0 ? "-" : ""
        guard decimals > 0 else { return sign + whole }
        let rest = String(scaled % Int(scale))
        return sign + whole + "." + String(repeating: "0", count: decimals - rest.count) + rest
    }

    static func shown(_ value: BenchReport.Value) -> String {
        switch value {
        case .count(let value): self.grouped(value)
        case .number(let value): self.shown(value)
        case .text(let value): value
        }
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - self.count))
    }

    fileprivate func padded(from width: Int) -> String {
        String(repeating: " ", count: max(0, width - self.count)) + self
    }
}
