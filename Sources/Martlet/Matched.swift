/// What of a batch is for a cohort. Most often that is one update, which takes no memory of its own.
enum Matched {
    case nothing
    case one(Entry)
    /// In the log's order.
    case several([Entry])

    var last: Entry? {
        switch self {
        case .nothing: nil
        case .one(let entry): entry
        case .several(let entries): entries.last
        }
    }

    var entries: [Entry] {
        switch self {
        case .nothing: []
        case .one(let entry): [entry]
        case .several(let entries): entries
        }
    }

    mutating func append(_ entry: Entry) {
        switch self {
        case .nothing: self = .one(entry)
        case .one(let first): self = .several([first, entry])
        case .several(var entries):
            // Two references to the array would have it copied.
            self = .nothing
            entries.append(entry)
            self = .several(entries)
        }
    }
}
