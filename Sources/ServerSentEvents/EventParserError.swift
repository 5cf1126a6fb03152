/// Why an ``EventParser`` gave up on a stream: it went over one of the parser's ``EventParser/Limits``.
///
/// Nothing else is an error: WHATWG HTML 9.2.6 gives every sequence of bytes a meaning.
///
/// ```swift
/// do {
///     try parser.parse(chunk) { print($0) }
/// } catch {
///     print(error.message)  // A line of the stream is longer than the limit of 16777216 bytes.
///     parser.finish()
/// }
/// ```
public struct EventParserError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Which limit was passed, for programs.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Value: Sendable, Hashable {
            case lineTooLong, eventTooLong
        }

        private let value: Value

        /// A line has more bytes than ``EventParser/Limits/maxLineBytes``.
        public static let lineTooLong = Code(value: .lineTooLong)
        /// The data of one event has more bytes than ``EventParser/Limits/maxEventBytes``.
        public static let eventTooLong = Code(value: .eventTooLong)

        /// The code's name, e.g. `lineTooLong`.
        public var description: String {
            switch value {
            case .lineTooLong: "lineTooLong"
            case .eventTooLong: "eventTooLong"
            }
        }

        fileprivate var subject: String {
            switch value {
            case .lineTooLong: "A line of the stream"
            case .eventTooLong: "The data of one event"
            }
        }
    }

    /// Which limit was passed, for programs.
    public var code: Code

    /// The limit, in bytes.
    public var limit: Int

    /// What happened, in a sentence for people.
    public var message: String { "\(code.subject) is longer than the limit of \(limit) bytes." }

    /// The message.
    public var description: String { message }

    init(_ code: Code, limit: Int) {
        self.code = code
        self.limit = limit
    }
}
