extension EventParser {
    /// How much a stream may make a parser hold. A stream is somebody else's; without a limit it could take all memory.
    ///
    /// A size that equals its limit passes; one byte more is an ``EventParserError``.
    public struct Limits: Sendable, Hashable {
        /// The most bytes in one line, without its end, whatever the line is: data, a comment, an unknown field.
        public var maxLineBytes: Int

        /// The most bytes in the data of one event, with the LFs between its lines.
        public var maxEventBytes: Int

        /// Makes limits; each is 16 MiB unless told otherwise.
        public init(maxLineBytes: Int = 16 << 20, maxEventBytes: Int = 16 << 20) {
            self.maxLineBytes = maxLineBytes
            self.maxEventBytes = maxEventBytes
        }
    }

    /// What a buffer may keep for the next event, so that one large event is not paid for until the stream ends.
    static let keptCapacity = 2 << 20
}
