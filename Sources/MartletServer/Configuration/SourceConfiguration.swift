/// A source: what it watches, and the topic its updates go to.
///
/// ```swift
/// let notices = SourceConfiguration(
///     name: "notices",
///     kind: .sql(
///         SourceConfiguration.Query(
///             database: Secret("sqlite:app.db"),
///             text: "SELECT count(*) AS notice_num FROM notice WHERE user_id = :user_id"
///         )
///     ),
///     topic: "users/{user_id}/notices"
/// )
/// ```
public struct SourceConfiguration: Sendable, Equatable {
    /// What a source watches.
    public enum Kind: Sendable, Equatable {
        /// The time, published once per interval.
        case clock(every: Duration)
        /// The lines that are appended to a file, or to files that match a pattern; one longer than `lineLimit` bytes is cut.
        case file(path: String, lineLimit: Int)
        /// What a query of a database returns.
        case sql(Query)
        /// The rows that are inserted into a table of a database.
        case sqlOutbox(Outbox)
        /// The value of a key in Redis; the URL may hold a password. Variables of the topic stand in the key as `{name}`.
        ///
        /// With `notifies`, Redis says when it changes.
        case redisValue(redis: Secret, key: String, notifies: Bool, polling: Polling)
        /// The items that others push to a list in Redis, or how many they were.
        case redisQueue(redis: Secret, key: String, counter: Counter?, polling: Polling)
        /// The entries that others add to a stream in Redis: all of their fields, or the text of one.
        case redisStream(redis: Secret, key: String, startsWithAll: Bool, field: String?, polling: Polling)
        /// The messages that others publish to a channel of Redis, whose variables are the topic's.
        case redisChannel(redis: Secret, channel: String, linger: Duration)
        /// What a URL answers. Variables of the topic stand in it as `{name}`; a header may hold a secret.
        case http(url: String, headers: [Secret], timeout: Duration, bodyLimit: Int, polling: Polling)
        /// The machine's processors, memory, load, network, and the file system that a path is on.
        case system(path: String, polling: Polling)
        /// The lines that a program prints while somebody looks.
        case command(arguments: [String], linger: Duration, lineLimit: Int)
    }

    /// What tells it from other sources: 1 to 64 letters, digits, `_` and `-`.
    public var name: String
    /// What it watches.
    public var kind: Kind
    /// The topic of its updates, or a URI template of their topics; nil if each row of an outbox says its own.
    public var topic: String?
    /// Whether everybody may see its updates.
    public var isPublic: Bool
    /// How many of the newest items a newcomer is sent at once.
    public var backlog: Int
    /// Where the file defines it.
    public var location: ConfigurationLocation?

    /// A source that is private unless said otherwise; what is given is taken as it is.
    public init(
        name: String,
        kind: Kind,
        topic: String?,
        isPublic: Bool = false,
        backlog: Int = 0,
        location: ConfigurationLocation? = nil
    ) {
        self.name = name
        self.kind = kind
        self.topic = topic
        self.isPublic = isPublic
        self.backlog = backlog
        self.location = location
    }
}
