/// A source: what it watches, and the topic its updates go to.
public struct SourceConfiguration: Sendable, Equatable {
    /// What a source watches.
    public enum Kind: Sendable, Equatable {
        /// The time, published once per interval.
        case clock(every: Duration)
        /// The lines that are appended to a file; one longer than `lineLimit` bytes is cut.
        case file(path: String, lineLimit: Int)
    }

    /// What tells it from other sources: 1 to 64 letters, digits, `_` and `-`.
    public var name: String
    /// What it watches.
    public var kind: Kind
    /// The topic of its updates.
    public var topic: String
    /// Whether everybody may see its updates.
    public var isPublic: Bool
    /// Where the file defines it.
    public var location: ConfigurationLocation?

    /// A source that is private unless said otherwise; what is given is taken as it is.
    public init(
        name: String,
        kind: Kind,
        topic: String,
        isPublic: Bool = false,
        location: ConfigurationLocation? = nil
    ) {
        self.name = name
        self.kind = kind
        self.topic = topic
        self.isPublic = isPublic
        self.location = location
    }
}
