extension Configuration {
    /// The log of updates: where it is kept, for how long, and how much of it stays in memory.
    ///
    /// ```swift
    /// let log = Configuration.Log(
    ///     store: .sqlite(path: "/var/lib/martlet/martlet.db"),
    ///     keep: Configuration.Log.Keep(updates: 100_000, age: .seconds(86_400))
    /// )
    /// ```
    public struct Log: Sendable, Equatable {
        /// Where updates are kept.
        public var store: LogStore
        /// How much history is kept.
        public var keep: Keep
        /// The most bytes of encoded updates that each event loop holds in memory.
        public var tail: Int

        /// The defaults, but for what is given.
        public init(store: LogStore = .sqlite(path: "martlet.db"), keep: Keep = Keep(), tail: Int = 16 << 20) {
            self.store = store
            self.keep = keep
            self.tail = tail
        }
    }
}

extension Configuration.Log {
    /// How much history is kept; what exceeds either bound is trimmed.
    public struct Keep: Sendable, Equatable {
        /// The most updates; `nil` is unlimited.
        public var updates: Int?
        /// The greatest age; `nil` is unlimited.
        public var age: Duration?

        /// The defaults, but for what is given.
        public init(updates: Int? = 1_000_000, age: Duration? = .seconds(7 * 86_400)) {
            self.updates = updates
            self.age = age
        }
    }

    mutating func read(_ section: Section) {
        if let setting = section.setting("store", as: .logStore) {
            store = setting.value.resolved { setting.origin.resolve(path: $0) }
        }
        section.section("keep") { keep.read($0) }
        section.read("tail", into: &tail, as: .size(64 << 10...64 << 30))
    }
}

extension Configuration.Log.Keep {
    mutating func read(_ section: Section) {
        section.read("updates", into: &updates, as: .word("unlimited", or: .integer(1...Int.max)))
        section.read("age", into: &age, as: .word("unlimited", or: .duration(.longAges)))
    }
}
