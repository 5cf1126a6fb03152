/// What a subscriber gets: the updates that one of its selectors matches and, of private ones, those it was granted.
///
/// ```swift
/// let interest = Interest(selectors: [try Selector("users/42/notices")], grants: [try Selector("users/42/notices")])
/// ```
///
/// The selector that was asked for and the one that was granted need not match the same of an update's topics (the
/// Mercure protocol's rule).
public struct Interest: Sendable, Hashable {
    /// What it asks for: without repetitions and in one order, so that subscribers that ask alike are found to do so.
    public let selectors: [Selector]
    /// The topics that it asks for by name, also those that `*` makes superfluous among the selectors: sources begin to
    /// watch what somebody names.
    package let named: [Topic]
    /// The private updates it may see.
    public let grants: [Selector]

    /// Makes an interest; `grants` is empty for whoever brings no token.
    public init(selectors: [Selector], grants: [Selector] = []) {
        self.selectors = Interest.normalized(selectors)
        self.named = Interest.normalized(selectors.filter(\.isExact)).compactMap(\.exactTopic)
        self.grants = Interest.normalized(grants)
    }

    /// Whether it asked for an update; whether it may see it is another question.
    ///
    /// A log gives a reader what its interest selects and admits:
    ///
    /// ```swift
    /// let entries = kept.filter { interest.selects($0.update) && interest.admits($0.update) }
    /// ```
    ///
    /// It costs in proportion to the selectors; a log that holds many updates finds those of exact topics by an index.
    public func selects(_ update: Update) -> Bool {
        self.selectors.contains { $0.matches(update.topics) }
    }

    /// Whether it may see an update; whether it asked for it is another question.
    public func admits(_ update: Update) -> Bool {
        !update.isPrivate || self.grants.contains { $0.matches(update.topics) }
    }

    private static func normalized(_ selectors: [Selector]) -> [Selector] {
        if selectors.count <= 1 { return selectors }
        if selectors.contains(.everything) { return [.everything] }
        return Set(selectors).sorted {
            // By bytes: to `String`, canonically equivalent names are equal, and their order would be left to chance.
            $0.description.utf8.lexicographicallyPrecedes($1.description.utf8)
        }
    }
}
