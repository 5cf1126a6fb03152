/// An update with the place the log gave it.
///
/// ```swift
/// let page = try await log.page(after: 0, for: Interest(selectors: [.everything]), limit: limit)
/// for entry in page.entries { print(entry.id, entry.update.data) }
/// ```
public struct LogEntry: Sendable, Hashable {
    /// Where it stands in the log.
    public let position: Position
    /// What was published.
    public let update: Update

    /// Pairs an update with its place.
    public init(position: Position, update: Update) {
        self.position = position
        self.update = update
    }

    /// The id subscribers see: the publisher's own, else the position.
    public var id: String { self.update.id ?? self.position.description }
}

/// What a log holds: all updates from `first` to `last`. It is empty if `first` is `last + 1`.
///
/// ```swift
/// let bounds = log.bounds
/// print("\(bounds.last - bounds.first + 1) updates are kept")
/// ```
public struct LogBounds: Sendable, Hashable {
    /// The oldest update that is kept.
    public var first: SequenceNumber
    /// The newest update.
    public var last: SequenceNumber

    /// Makes bounds from their ends.
    public init(first: SequenceNumber, last: SequenceNumber) {
        self.first = first
        self.last = last
    }
}

/// A piece of history for one reader, who asks for the next from where this one ends.
///
/// ```swift
/// var place: SequenceNumber = 0
/// repeat {
///     let page = try await log.page(after: place, for: interest, limit: limit)
///     if page.first > place + 1 { print("what came before \(page.first) is no longer kept") }
///     for entry in page.entries { print(entry.id, entry.update.data) }
///     place = page.through
/// } while place < log.bounds.last
/// ```
public struct LogPage: Sendable {
    /// The matching updates, in order.
    public var entries: [LogEntry]
    /// Everything that matches up to and including this sequence number is in `entries`; the next page starts after it.
    public var through: SequenceNumber
    /// The oldest update that was kept when the page was read. If it lies beyond the place the page was asked for,
    /// history has been trimmed in between and the reader has missed what may have stood there.
    public var first: SequenceNumber

    /// Makes a page.
    public init(entries: [LogEntry], through: SequenceNumber, first: SequenceNumber) {
        self.entries = entries
        self.through = through
        self.first = first
    }
}

/// How much a page may hold; a page holds at least one update, however large.
///
/// ```swift
/// let limit = PageLimit(updates: 500, bytes: 512 << 10)
/// ```
public struct PageLimit: Sendable, Hashable {
    /// The most updates.
    public var updates: Int
    /// The most bytes of data.
    public var bytes: Int

    /// Makes a limit; both hold.
    public init(updates: Int, bytes: Int) {
        self.updates = updates
        self.bytes = bytes
    }
}

/// How much history a log keeps; what exceeds any of the limits is trimmed, oldest first.
///
/// ```swift
/// let log = MemoryLog(keep: Retention(updates: 10_000, age: .seconds(3600)))
/// ```
public struct Retention: Sendable, Hashable {
    /// The most updates, or nil for no limit.
    public var updates: Int?
    /// The greatest age, or nil for no limit.
    public var age: Duration?

    /// Makes a rule; unless told otherwise a million updates, and none older than a week.
    public init(updates: Int? = 1_000_000, age: Duration? = .seconds(7 * 24 * 3600)) {
        self.updates = updates
        self.age = age
    }
}

/// The ordered history of updates: the one protocol between the hub and what keeps history.
///
/// The hub appends from one task, one batch at a time, and reads from many. Conform a type of your own to keep history
/// elsewhere; ``MemoryLog`` is the smallest example. Sequence numbers start at 1 and have no holes.
///
/// ```swift
/// let first = try await log.append([Update(topic: Topic("greetings"), data: "hello")])
/// let page = try await log.page(after: first - 1, for: Interest(selectors: [.everything]), limit: limit)
/// print(page.entries.map(\.update.data))  // ["hello"]
/// ```
public protocol EventLog: Sendable {
    /// Which history this is. It changes when history is lost, and only then.
    var epoch: Epoch { get }

    /// What is kept right now. Called on event loops, so it must not wait.
    var bounds: LogBounds { get }

    /// What it takes in memory or on disk, in bytes; nil if it doesn't know.
    var bytes: Int? { get }

    /// Appends all of `updates` and notes all of `bookmarks`, or neither.
    ///
    /// When it returns, they are as durable as the log makes them: the hub acknowledges them to their publishers. A later
    /// bookmark replaces an earlier one of the same name. Either list may be empty.
    ///
    /// - Returns: the sequence number of the first; the others follow it without holes.
    /// - Throws: ``LogError`` if nothing was appended.
    nonisolated(nonsending) func append(
        _ updates: [Update],
        bookmarks: [Bookmark]
    ) async throws(LogError) -> SequenceNumber

    /// The value of the newest bookmark with a name, or nil if there is none.
    ///
    /// - Throws: ``LogError`` if what keeps the log can't be read.
    func bookmark(_ name: Bookmark.Name) async throws(LogError) -> String?

    /// Reads on after a place: the updates that an interest selects and admits, oldest first, as far as `limit` allows.
    ///
    /// For exact topics the cost must be in proportion to what is selected, not to what is kept. For templates and `*` a
    /// page may look at update after update; it then ends early, with ``LogPage/through`` as far as it has looked.
    ///
    /// - Throws: ``LogError`` if what keeps the log can't be read. That history is trimmed is no error, see
    ///   ``LogPage/first``.
    func page(
        after sequence: SequenceNumber,
        for interest: Interest,
        limit: PageLimit
    ) async throws(LogError) -> LogPage

    /// Finds the update that its publisher gave this id; nil if there is none, or if there are several: then nobody knows
    /// which is meant.
    ///
    /// - Throws: ``LogError`` if what keeps the log can't be read.
    func sequence(ofID id: String) async throws(LogError) -> SequenceNumber?

    /// Finds the newest update that its publisher gave this id and that an interest selects and admits, or nil: publishers
    /// that know nothing of one another may give the same id. It looks at the newest few with the id.
    ///
    /// - Throws: ``LogError`` if what keeps the log can't be read.
    func sequence(ofID id: String, for interest: Interest) async throws(LogError) -> SequenceNumber?

    /// Finds the newest updates that an interest selects and admits, oldest first, as far as `limit` allows.
    ///
    /// It looks at the newest few thousand only, since whoever comes may ask for this.
    ///
    /// - Throws: ``LogError`` if what keeps the log can't be read.
    func newest(for interest: Interest, limit: PageLimit) async throws(LogError) -> [LogEntry]

    /// Keeps the log in order, such as by trimming it, until the task is cancelled; may return earlier if there is nothing
    /// to do. The hub runs it, see ``Hub/run()``.
    func run() async
}

extension EventLog {
    /// The one with the id, whoever may see it.
    public func sequence(ofID id: String, for interest: Interest) async throws(LogError) -> SequenceNumber? {
        try await self.sequence(ofID: id)
    }

    /// Unknown.
    public var bytes: Int? { nil }

    /// Nothing.
    public func run() async {}

    /// Appends all of `updates`, or none; see ``append(_:bookmarks:)``.
    ///
    /// - Returns: the sequence number of the first; the others follow it without holes.
    /// - Throws: ``LogError`` if nothing was appended.
    @discardableResult
    public nonisolated(nonsending) func append(_ updates: [Update]) async throws(LogError) -> SequenceNumber {
        try await self.append(updates, bookmarks: [])
    }

    /// Finds the newest update that an interest selects and admits; see ``newest(for:limit:)``.
    package func newest(for interest: Interest) async throws(LogError) -> LogEntry? {
        try await self.newest(for: interest, limit: PageLimit(updates: 1, bytes: 1)).last
    }
}

/// Says why a log could not do what it was asked, in a sentence for the operator.
///
/// ```swift
/// do {
///     try await log.append(updates)
/// } catch where error.code == .full {
///     print(error.message)
/// }
/// ```
public struct LogError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of failure it is.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The code's name.
        public let description: String
        /// The log can't be opened: it is no log, or a newer version made it, or it isn't accessible.
        public static let cannotOpen = Code(description: "cannotOpen")
        /// The place it is kept in is full.
        public static let full = Code(description: "full")
        /// The place it is kept in can't be written to.
        public static let readOnly = Code(description: "readOnly")
        /// Any other failure of what keeps it; trying again may help.
        public static let unavailable = Code(description: "unavailable")
    }

    /// What kind of failure it is.
    public let code: Code
    /// What happened, and where.
    public let message: String

    /// Makes an error.
    public init(code: Code, message: String) {
        self.code = code
        self.message = message
    }

    /// What happened, and where.
    public var description: String { self.message }
}
