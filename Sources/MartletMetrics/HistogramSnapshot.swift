/// What a histogram held at one moment, or what came between two.
///
/// ```swift
/// let now = histogram.snapshot()
/// let p99 = now.since(before).quantile(0.99)
/// before = now
/// ```
package struct HistogramSnapshot: Sendable, Hashable {
    /// The largest value of each bucket, ascending.
    package let bounds: [Double]
    /// How many values each bucket has; the last has those above all bounds.
    package let counts: [Int]
    /// All values added up.
    package let sum: Double

    /// How many values there are.
    package var count: Int { self.counts.reduce(0, +) }

    /// What was recorded after an earlier moment of the same histogram.
    package func since(_ earlier: HistogramSnapshot) -> HistogramSnapshot {
        guard earlier.bounds == self.bounds else { return self }
        return HistogramSnapshot(
            bounds: self.bounds,
            counts: zip(self.counts, earlier.counts).map { max(0, $0 - $1) },
            sum: self.sum - earlier.sum
        )
    }

    /// The value that the given part of all values doesn't exceed, or nil if there are none.
    ///
    /// Within its bucket it is taken to lie where it would if the bucket's values were spread evenly. Of values above all
    /// bounds no more is known than that, so the greatest bound stands for them.
    package func quantile(_ part: Double) -> Double? {
        let count = self.count
        guard count > 0 else { return nil }
        let rank = min(max(part, 0), 1) * Double(count)
        var below = 0
        for (bucket, bound) in self.bounds.enumerated() {
            let inside = self.counts[bucket]
            if inside > 0, Double(below + inside) >= rank {
                let start = bucket > 0 ? self.bounds[bucket - 1] : min(0, bound)
                return start + (bound - start) * max(0, rank - Double(below)) / Double(inside)
            }
            below += inside
        }
        return self.bounds.last
    }
}
