/// Says what is wrong with a topic, a selector or an update, in a sentence for whoever sent it.
///
/// ```swift
/// do {
///     _ = try Update(topic: Topic("greetings"), data: "hello", id: "two\nlines")
/// } catch where error.code == .id {
///     print(error.message)
/// }
/// ```
public struct UpdateError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Which part was refused.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The code's name.
        public let description: String
        /// A topic or selector, or how many there are.
        public static let topic = Code(description: "topic")
        /// The publisher's id.
        public static let id = Code(description: "id")
        /// The event's type.
        public static let type = Code(description: "type")
        /// The reconnection time.
        public static let retry = Code(description: "retry")
    }

    /// Which part was refused.
    public let code: Code
    /// What is wrong with it.
    public let message: String

    package init(code: Code, message: String) {
        self.code = code
        self.message = message
    }

    /// What is wrong.
    public var description: String { self.message }
}
