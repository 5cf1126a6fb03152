/// How far a source has come in what it reads, kept with the log: it is there exactly if the updates are that it was
/// published with. So what a source reads is published once, whatever ends when.
///
/// ```swift
/// try await hub.publish(updates, bookmarks: [Bookmark(of: "orders", value: "\(lastRow)")])
/// let row = try await hub.bookmark(of: "orders")
/// ```
///
/// A log that loses its history loses them too.
public struct Bookmark: Sendable, Hashable {
    /// Whose bookmark it is.
    public struct Name: Sendable, Hashable {
        /// What the source is called.
        public let source: String
        /// Which of the things that the source reads, or empty if there is only one. Of a source's items the least recently
        /// noted are forgotten when there are more than ``Bookmark/maxItems``; those of whole sources stay.
        public let item: String

        /// Makes a name.
        public init(source: String, item: String = "") {
            self.source = source
            self.item = item
        }
    }

    /// The most bookmarks of a source's items that a log keeps at least.
    public static let maxItems = 100_000

    /// Whose it is.
    public let name: Name
    /// The place, in words of the source's own.
    public let value: String

    /// Makes a bookmark.
    ///
    /// - Parameters:
    ///   - source: what the source is called.
    ///   - item: which of the things that it reads; empty if there is only one.
    ///   - value: the place, in words of the source's own.
    public init(of source: String, item: String = "", value: String) {
        self.name = Name(source: source, item: item)
        self.value = value
    }
}
