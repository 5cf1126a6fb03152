extension Configuration {
    /// What a request may take at most.
    ///
    /// ```swift
    /// let limits = Configuration.Limits(body: 64 << 10, publishRate: 100)
    /// ```
    public struct Limits: Sendable, Equatable {
        /// The most bytes of a request's head.
        public var header: Int
        /// The most bytes of a request's body.
        public var body: Int
        /// How long a client may take to send a request's head.
        public var headerTimeout: Duration
        /// How long a client may take to send more of a request's body.
        public var bodyTimeout: Duration
        /// The most selectors of one stream; if `nil`, 1000, or 100 where subscriptions are announced.
        public var selectors: Int?
        /// The most updates that may be published per second with one token; `nil` is unlimited.
        public var publishRate: Int?

        /// The defaults, but for what is given.
        public init(
            header: Int = 16 << 10,
            body: Int = 1 << 20,
            headerTimeout: Duration = .seconds(10),
            bodyTimeout: Duration = .seconds(30),
            selectors: Int? = nil,
            publishRate: Int? = nil
        ) {
            self.header = header
            self.body = body
            self.headerTimeout = headerTimeout
            self.bodyTimeout = bodyTimeout
            self.selectors = selectors
            self.publishRate = publishRate
        }

        mutating func read(_ section: Section) {
            section.read("header", into: &header, as: .size(1 << 10...1 << 20))
            section.read("body", into: &body, as: .size(1 << 10...1 << 29))
            section.read("header-timeout", into: &headerTimeout, as: .duration(.seconds(1) ... .seconds(300)))
            section.read("body-timeout", into: &bodyTimeout, as: .duration(.seconds(1) ... .seconds(300)))
            if let setting = section.setting("selectors", as: .integer(1...1000)) { selectors = setting.value }
            section.read("publish-rate", into: &publishRate, as: .word("unlimited", or: .integer(1...1_000_000)))
        }
    }
}
