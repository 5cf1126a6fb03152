/// Names what an update is about: `time`, `users/42/notices`, or an IRI.
///
/// A topic is compared byte for byte; nothing in it is special. It holds 1 to 1,024 bytes of UTF-8 and no CR, LF or
/// NUL, so that it fits on a line of a log or a list.
///
/// ```swift
/// let topic = try Topic("users/42/notices")
/// ```
public struct Topic: Sendable, Hashable, CustomStringConvertible {
    /// The longest topic, in bytes of UTF-8.
    public static let maxBytes = 1024

    /// The topic as text.
    public var name: String { self.exact.text }
    private let exact: ExactText

    /// Checks and wraps a topic's text.
    ///
    /// - Throws: ``UpdateError`` with the code `topic` if it is empty, too long, or holds CR, LF or NUL.
    public init(_ name: String) throws(UpdateError) {
        let count = name.utf8.count
        guard count > 0 else { throw UpdateError(code: .topic, message: "A topic must not be empty.") }
        guard count <= Topic.maxBytes else {
            throw UpdateError(
                code: .topic,
                message: "A topic is \(count) bytes long; at most \(Topic.maxBytes) are allowed."
            )
        }
        guard !name.utf8.contains(where: { $0 == 0x0A || $0 == 0x0D || $0 == 0 }) else {
            throw UpdateError(code: .topic, message: "A topic must not contain a line break (CR or LF) or NUL.")
        }
        self.exact = ExactText(name)
    }

    /// Wraps text that has been checked before, such as a topic read back from a log.
    package init(unchecked name: String) {
        self.exact = ExactText(name)
    }

    /// The topic as text.
    public var description: String { self.name }
}
