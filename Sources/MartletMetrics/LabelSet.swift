/// The labels of one series, as they are written: sorted by name, escaped, each name once.
struct LabelSet: Hashable, Comparable {
    /// More labels than this are left out.
    private static let maxLabels = 16

    /// Such as `reason="client",source="a"`; empty if there are none.
    let text: String

    init(_ dimensions: [(String, String)]) {
        var seen: Set<String> = []
        self.text =
            dimensions
            .map { (name: Exposition.labelName($0.0), value: $0.1) }
            .filter { seen.insert($0.name).inserted }
            .prefix(Self.maxLabels)
            .sorted { $0.name < $1.name }
            .map { "\($0.name)=\"\(Exposition.labelValue($0.value))\"" }
            .joined(separator: ",")
    }

    static func < (first: LabelSet, second: LabelSet) -> Bool { first.text < second.text }

    /// The labels in braces, with one more that comes last.
    func braced(le bound: String? = nil) -> String {
        let all = [self.text, bound.map { "le=\"\($0)\"" } ?? ""].filter { !$0.isEmpty }
        return all.isEmpty ? "" : "{\(all.joined(separator: ","))}"
    }
}
