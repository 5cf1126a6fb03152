extension PrometheusSamples {
    /// Everything, in the text format 0.0.4: metrics by name, and the series of each by label.
    var text: String {
        var text = ""
        for (name, family) in self.families.sorted(by: { $0.key < $1.key }) {
            if let help = family.help, !help.isEmpty { text += "# HELP \(name) \(Exposition.help(help))\n" }
            text += "# TYPE \(name) \(family.kind.rawValue)\n"
            for (labels, reading) in family.series.sorted(by: { $0.key < $1.key }) {
                switch reading {
                case .number(let value): text += "\(name)\(labels.braced()) \(Exposition.number(value))\n"
                case .histogram(let snapshot): Self.write(name, labels, snapshot, to: &text)
                }
            }
        }
        return text
    }

    /// A bucket has all values up to its bound; the last has all, and is what `_count` says, whatever is recorded meanwhile.
    private static func write(_ name: String, _ labels: LabelSet, _ snapshot: HistogramSnapshot, to text: inout String)
    {
        var count = 0
        for (bucket, inside) in snapshot.counts.enumerated() {
            count += inside
            let bound = bucket < snapshot.bounds.count ? Exposition.number(snapshot.bounds[bucket]) : "+Inf"
            text += "\(name)_bucket\(labels.braced(le: bound)) \(count)\n"
        }
        text += "\(name)_sum\(labels.braced()) \(Exposition.number(snapshot.sum))\n"
        text += "\(name)_count\(labels.braced()) \(count)\n"
    }
}
