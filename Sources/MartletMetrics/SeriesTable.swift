/// The series of a registry by metric and labels, as many as may be.
///
/// A value without synchronisation: its registry locks it.
struct SeriesTable {
    struct Description {
        var help: String
        var buckets: [Double]?
    }

    /// Why a series can't be had.
    struct Problem: Error {
        var sentence: String
    }

    private struct Series {
        var instrument: any Instrument
        /// How many have made it and not given it up.
        var owners = 0
    }

    private struct Family {
        var kind: MetricKind
        var series: [LabelSet: Series] = [:]
        /// The series of all that came when there were as many as may be.
        var other: LabelSet?
    }

    /// Names come from code, so that this is only reached by code that makes them up.
    private static let maxFamilies = 1000

    var descriptions: [String: Description] = [:]
    private let maxSeries: Int
    private var families: [String: Family] = [:]
    private var claims = NameClaims()
    private var places: [ObjectIdentifier: (name: String, labels: LabelSet)] = [:]

    init(maxSeries: Int) {
        self.maxSeries = maxSeries
    }

    /// Finds a series, or makes it.
    mutating func find<Made: Instrument>(
        _ name: String,
        _ dimensions: [(String, String)],
        make: (_ buckets: [Double]?) -> Made
    ) throws(Problem) -> Made {
        if self.families[name] == nil, self.claims.count >= Self.maxFamilies {
            throw Problem(sentence: "There are more than \(Self.maxFamilies) metrics; further ones are left out.")
        }
        guard self.claims.claim(name, Made.kind) else {
            throw Problem(sentence: "The metric \(name) is left out: its name is taken by one of another type.")
        }
        var labels = LabelSet(dimensions)
        var family = self.families.removeValue(forKey: name) ?? Family(kind: Made.kind)
        defer { self.families[name] = family }
        if family.series[labels] == nil, family.series.count >= self.maxSeries {
            labels = family.other ?? LabelSet(dimensions.map { ($0.0, "other") })
            family.other = labels
        }
        // A metric's series are all of one type, since its name has been claimed for it.
        let found = family.series[labels]?.instrument as? Made ?? make(self.descriptions[name]?.buckets)
        family.series[labels, default: Series(instrument: found)].owners += 1
        self.places[ObjectIdentifier(found)] = (name, labels)
        return found
    }

    /// Removes a series once it was given up as often as it was made.
    mutating func release(_ instrument: AnyObject) {
        guard let (name, labels) = self.places[ObjectIdentifier(instrument)], self.families[name]?.other != labels
        else { return }
        self.families[name]?.series[labels]?.owners -= 1
        guard self.families[name]?.series[labels]?.owners == 0 else { return }
        self.families[name]?.series[labels] = nil
        self.places[ObjectIdentifier(instrument)] = nil
    }

    /// What all series have come to.
    func samples() -> PrometheusSamples {
        var samples = PrometheusSamples(claims: self.claims)
        for (name, family) in self.families {
            for (labels, series) in family.series {
                samples.add(
                    name,
                    family.kind,
                    help: self.descriptions[name]?.help,
                    labels,
                    series.instrument.reading
                )
            }
        }
        return samples
    }
}
