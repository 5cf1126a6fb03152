/// Which names of the exposition are taken, so that no name has two types and no two metrics write the same rows.
struct NameClaims: Sendable {
    private var families: [String: MetricKind] = [:]
    /// Every name that stands at the beginning of a row, or is that of a histogram.
    private var taken: Set<String> = []

    /// How many metrics there are.
    var count: Int { self.families.count }

    /// Takes a name, or finds that it was taken for the same kind of metric; false if it can't be had.
    mutating func claim(_ name: String, _ kind: MetricKind) -> Bool {
        if let known = self.families[name] { return known == kind }
        let names =
            switch kind {
            case .counter, .gauge: [name]
            case .histogram: [name] + ["_bucket", "_sum", "_count"].map { name + $0 }
            }
        guard self.taken.isDisjoint(with: names) else { return false }
        self.families[name] = kind
        self.taken.formUnion(names)
        return true
    }
}
