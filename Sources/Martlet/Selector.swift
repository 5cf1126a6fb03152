/// What a subscriber asks for: one exact topic, or `*` for everything.
///
/// ```swift
/// let one = try Selector("users/42/notices")
/// let all = try Selector("*")
/// ```
///
/// A text that holds `{` is an RFC 6570 URI template in the Mercure protocol. Templates are refused until they are
/// matched as such: taken as an exact topic, one would wait for ever without a word.
public struct Selector: Sendable, Hashable, CustomStringConvertible {
    /// How a selector matches.
    package enum Kind: Sendable, Hashable {
        case exact(Topic)
        case everything
    }

    package let kind: Kind

    /// Selects every topic (`*`).
    public static let everything = Selector(kind: .everything)

    private init(kind: Kind) {
        self.kind = kind
    }

    /// Selects exactly `topic`.
    public init(exactly topic: Topic) {
        self.kind = .exact(topic)
    }

    /// Reads a selector as a subscriber writes it.
    ///
    /// - Throws: ``UpdateError`` with the code `topic` if it is neither `*` nor a valid topic, or is a URI template.
    public init(_ text: String) throws(UpdateError) {
        if text == "*" {
            self.kind = .everything
        } else if text.utf8.contains(UInt8(ascii: "{")) {
            throw UpdateError(
                code: .topic,
                message: "URI templates cannot be subscribed to yet; name exact topics, or * for everything."
            )
        } else {
            self.kind = .exact(try Topic(text))
        }
    }

    /// Whether an update with these topics is selected.
    package func matches(_ topics: [Topic]) -> Bool {
        switch self.kind {
        case .everything: true
        case .exact(let topic): topics.contains(topic)
        }
    }

    /// The selector as a subscriber writes it.
    public var description: String {
        switch self.kind {
        case .exact(let topic): topic.name
        case .everything: "*"
        }
    }
}
