/// Finds what a mistyped name was meant to be.
enum Suggestion {
    /// `; did you mean X?` if a known name is at most two edits away, else nothing.
    static func sentence(for name: String, among known: some Sequence<String>) -> String {
        nearest(to: name, among: known).map { "; did you mean \($0)?" } ?? ""
    }

    static func nearest(to name: String, among known: some Sequence<String>) -> String? {
        known.map { (name: $0, distance: distance(name, $0)) }
            // Two edits turn any name of two letters into any other.
            .filter { $0.distance <= 2 && $0.distance < $0.name.utf8.count }
            .min { ($0.distance, $0.name) < ($1.distance, $1.name) }?
            .name
    }

    /// The Levenshtein distance in bytes, or 3 if it is surely larger than 2.
    static func distance(_ left: String, _ right: String) -> Int {
        let left = Array(left.utf8)
        let right = Array(right.utf8)
        guard abs(left.count - right.count) <= 2 else { return 3 }
        var row = Array(0...right.count)
        for (i, byte) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, other) in right.enumerated() {
                let substituted = diagonal + (byte == other ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(substituted, row[j] + 1, diagonal + 1)
            }
        }
        return row[right.count]
    }
}
