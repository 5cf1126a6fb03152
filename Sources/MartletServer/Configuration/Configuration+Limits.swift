extension Configuration {
    /// What a request may take at most.
    public struct Limits: Sendable, Equatable {
        /// The most bytes of a request's head.
        public var header: Int
        /// The most bytes of a request's body.
        public var body: Int
        /// How long a client may take to send a request's head.
        public var headerTimeout: Duration

        /// The defaults, but for what is given.
        public init(header: Int = 16 << 10, body: Int = 1 << 20, headerTimeout: Duration = .seconds(10)) {
            self.header = header
            self.body = body
            self.headerTimeout = headerTimeout
        }

        mutating func read(_ section: Section) {
            section.read("header", into: &header, as: .size(1 << 10...1 << 20))
            section.read("body", into: &body, as: .size(1 << 10...1 << 30))
            section.read("header-timeout", into: &headerTimeout, as: .duration(.seconds(1) ... .seconds(300)))
        }
    }
}
