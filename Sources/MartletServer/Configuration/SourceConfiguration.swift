/// A source: what it watches, and the topic its updates go to.
public struct SourceConfiguration: Sendable, Equatable {
    /// What a source watches.
    public enum Kind: Sendable, Equatable {
        /// The time, published once per interval.
        case clock(every: Duration)
        /// The lines that are appended to a file; one longer than `lineLimit` bytes is cut.
        case file(path: String, lineLimit: Int)
        /// What a query of a database returns.
        case sql(Query)
        /// The value of a key in Redis; the URL may hold a password. Variables of the topic stand in the key as `{name}`.
        case redisValue(redis: Secret, key: String, polling: Polling)
        /// What a URL answers. Variables of the topic stand in it as `{name}`; a header may hold a secret.
        case http(url: String, headers: [Secret], timeout: Duration, bodyLimit: Int, polling: Polling)
        /// The machine's processors, memory, load, network, and the file system that a path is on.
        case system(path: String, polling: Polling)
        /// The lines that a program prints while somebody looks.
        case command(arguments: [String], linger: Duration, lineLimit: Int)
    }

    /// A query that is asked again and again.
    public struct Query: Sendable, Equatable {
        /// The URL of the database, which may hold a password: `sqlite:PATH`, `postgresql://…`, `mysql://…`.
        public var database: Secret
        /// SQL whose parameters, `:user_id`, are variables of the topic's template.
        public var text: String
        /// Whether the value is all rows, an array, and not the first one.
        public var returnsAllRows: Bool
        /// The variable by which one query serves all watches.
        public var batch: String?
        /// When it is asked, and what of it is published.
        public var polling: Polling

        /// A query that is asked once a second, unless said otherwise.
        public init(
            database: Secret,
            text: String,
            returnsAllRows: Bool = false,
            batch: String? = nil,
            polling: Polling = Polling()
        ) {
            self.database = database
            self.text = text
            self.returnsAllRows = returnsAllRows
            self.batch = batch
            self.polling = polling
        }
    }

    /// When something is looked at that does not tell when it changes.
    public struct Polling: Sendable, Equatable {
        /// The time between two looks.
        public var every: Duration
        /// How long it goes on when nobody looks any more.
        public var linger: Duration
        /// Whether every look is published, changed or not.
        public var emitsAlways: Bool

        /// Once a second, and for ten seconds after the last has left, unless said otherwise.
        public init(every: Duration = .seconds(1), linger: Duration = .seconds(10), emitsAlways: Bool = false) {
            self.every = every
            self.linger = linger
            self.emitsAlways = emitsAlways
        }
    }

    /// What tells it from other sources: 1 to 64 letters, digits, `_` and `-`.
    public var name: String
    /// What it watches.
    public var kind: Kind
    /// The topic of its updates, or a URI template of their topics.
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
