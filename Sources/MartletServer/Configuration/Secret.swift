/// A text that must not show up where people look: messages, descriptions, dumps.
///
/// Whoever needs the text says so by asking for ``text``.
///
/// ```swift
/// let key = Secret("of 32 bytes at least, and random")
/// print(key)  // (secret)
/// ```
public struct Secret: Sendable, Hashable {
    /// The text itself.
    public let text: String

    /// A secret of `text`, as it is.
    public init(_ text: String) {
        self.text = text
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The same for every secret.
    public var description: String { "(secret)" }
    /// The same for every secret.
    public var debugDescription: String { description }
    /// Without children, so that a dump has nothing to go into.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension ValueFormat<Secret> {
    /// A token that is compared and not verified, so it must not be guessed.
    static var token: Self {
        Self("a token of 16 to 1024 characters", isSecret: true) { text throws(Refusal) in
            (16...1024).contains(text.utf8.count) && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
                ? Secret(text) : nil
        }
    }

    /// The text of a key.
    static var key: Self {
        Self("a key as text", isSecret: true) { text throws(Refusal) in
            guard !text.isEmpty else {
                throw Refusal(.invalidValue, "the key is empty, so anybody could sign with it")
            }
            return Secret(text)
        }
    }
}
