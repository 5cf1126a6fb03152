extension SourceConfiguration {
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
        /// The channel of PostgreSQL by which it says that something has changed.
        public var wake: String?
        /// When it is asked, and what of it is published.
        public var polling: Polling

        /// A query that is asked once a second, unless said otherwise.
        public init(
            database: Secret,
            text: String,
            returnsAllRows: Bool = false,
            batch: String? = nil,
            wake: String? = nil,
            polling: Polling = Polling()
        ) {
            self.database = database
            self.text = text
            self.returnsAllRows = returnsAllRows
            self.batch = batch
            self.wake = wake
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

    /// A key in Redis that has the number of the items that were taken from a list.
    public struct Counter: Sendable, Equatable {
        /// Where a counter that is not there yet begins.
        public struct Start: Sendable, Equatable {
            /// The URL of the database, which may hold a password.
            public var database: Secret
            /// SQL that returns the number.
            public var query: String

            /// A beginning as a database has it.
            public init(database: Secret, query: String) {
                self.database = database
                self.query = query
            }
        }

        /// The key. Variables of the topic stand in it as `{name}`.
        public var key: String
        /// What the number is called in the object that is published.
        public var field: String
        /// Where it begins, if not at 0.
        public var start: Start?

        /// A counter that begins at 0 unless said otherwise.
        public init(key: String, field: String, start: Start? = nil) {
            self.key = key
            self.field = field
            self.start = start
        }
    }

    /// A table whose rows are to be published.
    public struct Outbox: Sendable, Equatable {
        /// The URL of the database, which may hold a password.
        public var database: Secret
        /// The table's name, perhaps with its schema's before it.
        public var table: String
        /// The column of the key, an integer that grows.
        public var key = "id"
        /// The column of the topic, where the source has none.
        public var topicColumn = "topic"
        /// The column of the data.
        public var dataColumn = "data"
        /// The column of the event's type, if there is one.
        public var typeColumn: String?
        /// The column that says whether a row is private, if there is one.
        public var privateColumn: String?
        /// Whether it begins with what is inserted from now on, and not with all rows.
        public var startsWithNew = false
        /// The channel of PostgreSQL by which it says that something was inserted.
        public var wake: String?
        /// How long a missing key holds up those after it.
        public var gapWait = Duration.seconds(2)
        /// Whether it is read only while somebody looks.
        public var isOnDemand = false
        /// The time between two looks, and how long it goes on when nobody looks any more.
        public var polling = Polling()

        /// A table that is looked at once a second, from its first row on, unless said otherwise.
        public init(database: Secret, table: String) {
            self.database = database
            self.table = table
        }
    }
}
