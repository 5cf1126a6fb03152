/// What a subscriber asks for, or is granted: one exact topic, all topics that result from a URI template, or `*` for
/// everything.
///
/// ```swift
/// let one = try Selector("users/42/notices")
/// let some = try Selector("users/{id}/notices")
/// let all = try Selector("*")
/// ```
///
/// A text that holds `{` is an RFC 6570 URI template; the topic that is spelled like the template is selected too (the
/// Mercure protocol's rule).
public struct Selector: Sendable, Hashable, CustomStringConvertible {
    /// How a selector matches.
    package enum Kind: Sendable, Hashable {
        case exact(Topic)
        case template(URITemplate)
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

    /// Selects exactly the topic of this name, whatever it holds: a `{` or `*` in it is nothing special. For names that are put
    /// together of what comes from outside.
    ///
    /// ```swift
    /// let selector = try Selector.topic("users/42/notices")
    /// ```
    ///
    /// - Throws: ``UpdateError`` with the code `topic` if it is no topic, see ``Topic/init(_:)``.
    public static func topic(_ name: String) throws(UpdateError) -> Selector {
        Selector(exactly: try Topic(name))
    }

    /// Selects all topics that result from an RFC 6570 URI template. What comes from outside must not become part of one.
    ///
    /// ```swift
    /// let selector = try Selector.template("rooms/{room}")
    /// ```
    ///
    /// - Throws: ``UpdateError`` with the code `topic` if it is no template.
    public static func template(_ text: String) throws(UpdateError) -> Selector {
        Selector(kind: .template(try URITemplate(text)))
    }

    /// Reads a selector as a subscriber writes it.
    ///
    /// - Throws: ``UpdateError`` with the code `topic` if it is neither `*` nor a valid topic, or holds `{` and is no
    ///   valid template.
    public init(_ text: String) throws(UpdateError) {
        if text == "*" {
            self.kind = .everything
        } else if text.utf8.contains(UInt8(ascii: "{")) {
            self.kind = .template(try URITemplate(text))
        } else {
            self.kind = .exact(try Topic(text))
        }
    }

    /// Whether an update with these topics is selected.
    package func matches(_ topics: [Topic]) -> Bool {
        switch self.kind {
        case .everything: true
        case .exact(let topic): topics.contains(topic)
        case .template: topics.contains(where: self.matches)
        }
    }

    /// Whether a topic is selected.
    package func matches(_ topic: Topic) -> Bool {
        switch self.kind {
        case .everything: true
        case .exact(let exact): exact == topic
        case .template(let template): self.exactTopic == topic || template.matches(topic)
        }
    }

    /// Whether it is one topic.
    var isExact: Bool {
        if case .exact = self.kind { true } else { false }
    }

    /// The template that it is, if it is one.
    package var template: URITemplate? {
        if case .template(let template) = self.kind { template } else { nil }
    }

    /// What it costs at most to hold a topic against it, in steps per byte of the topic; nothing for what is looked up.
    package var stepsPerByte: Int {
        if case .template(let template) = self.kind { template.stepsPerByte } else { 0 }
    }

    /// The one topic that is selected by being spelled like this; nil for `*`.
    package var exactTopic: Topic? {
        switch self.kind {
        case .exact(let topic): topic
        case .template(let template): Topic(unchecked: template.text)
        case .everything: nil
        }
    }

    /// The selector as a subscriber writes it.
    public var description: String {
        switch self.kind {
        case .exact(let topic): topic.name
        case .template(let template): template.text
        case .everything: "*"
        }
    }
}
