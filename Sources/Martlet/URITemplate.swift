/// A URI template of RFC 6570, levels 1 to 4, read backwards: it says which topics it can expand to.
///
/// ```swift
/// let template = try URITemplate("users/{user_id}/notices{?page,size}")
/// template.matches(try Topic("users/42/notices"))                    // true
/// template.matches(try Topic("users/42/notices?size=5"))             // true
/// template.matches(try Topic("users/4/2/notices"))                   // false: a value's / is written %2F
/// template.variables(in: try Topic("users/a%20b/notices"))           // ["user_id": "a b", "page": "", "size": ""]
/// ```
///
/// A template matches what it gives for some values of its variables (RFC 6570 §3.2 and appendix A): each may be
/// undefined, a string, a list or an associative array, so `users/{id}` matches `users/` and `users/1,2`. Where the RFC
/// leaves room:
/// - Any percent-encoded byte is taken in a value, of an unreserved character too, and if the bytes are no UTF-8.
/// - `{x:3}` takes three code points; percent-encoded bytes that form one count once. It takes no lists.
/// - Characters of the template that no URI may hold match themselves and their percent-encoding.
/// - The keys of an exploded array are encoded as its values are.
/// - Places with the same variable match on their own; ``variables(in:)`` is who compares them.
///
/// It is an immutable value, compiled once; matching costs at most topic × template steps, whatever they hold.
public struct URITemplate: Sendable, Hashable, CustomStringConvertible {
    /// The longest template, in bytes of UTF-8.
    public static let maxBytes = 1024

    private let exact: ExactText
    /// The bytes every matching topic begins with: the template's literals up to the first expression, or to the first
    /// character that has two forms.
    package let literalPrefix: [UInt8]
    /// The bytes every matching topic ends with; they do not overlap the prefix.
    let literalSuffix: [UInt8]
    /// What stands between them.
    let program: URITemplateProgram
    /// The names of the variables, in the template's order, each once.
    public let variableNames: [String]

    /// What matching a topic costs at most, in steps per byte of the topic.
    package var stepsPerByte: Int { self.program.instructions.count }

    /// Reads a template.
    ///
    /// - Throws: ``UpdateError`` with the code `topic` if it is no template by RFC 6570 §2, is empty, is longer than
    ///   ``maxBytes``, or holds CR, LF or NUL. The message counts bytes from 1.
    public init(_ text: String) throws(UpdateError) {
        var parts = try URITemplateParser.parts(of: text)[...]
        self.exact = ExactText(text)
        var names: [String] = []
        var known: Set<String> = []
        for case .expression(let expression) in parts {
            for variable in expression.variables where known.insert(variable.name).inserted {
                names.append(variable.name)
            }
        }
        self.variableNames = names
        if case .literal(let bytes) = parts.first {
            self.literalPrefix = bytes
            parts = parts.dropFirst()
        } else {
            self.literalPrefix = []
        }
        if case .literal(let bytes) = parts.last {
            self.literalSuffix = bytes
            parts = parts.dropLast()
        } else {
            self.literalSuffix = []
        }
        self.program = URITemplateProgram(parts)
    }

    /// The template as it was written.
    public var text: String { self.exact.text }
    /// The template as it was written.
    public var description: String { self.text }

    /// Whether the texts are the same bytes.
    public static func == (left: URITemplate, right: URITemplate) -> Bool {
        left.exact == right.exact
    }

    /// Hashes the text alone.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(self.exact)
    }

    /// Whether `topic` results from this template for some values of its variables.
    public func matches(_ topic: Topic) -> Bool {
        self.search(topic).isMatch
    }

    /// As ``matches(_:)``, with the number of steps it took: visits of a state at a byte.
    func search(_ topic: Topic) -> (isMatch: Bool, steps: Int) {
        var name = topic.name
        return name.withUTF8 { bytes in
            guard let middle = self.middle(of: bytes) else { return (false, 0) }
            return self.program.search(middle)
        }
    }

    /// A topic without the template's prefix and suffix; nil if it does not have both.
    func middle(of bytes: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8>? {
        let length = bytes.count - self.literalPrefix.count - self.literalSuffix.count
        guard length >= 0, bytes.starts(with: self.literalPrefix) else { return nil }
        let end = self.literalPrefix.count + length
        guard bytes[end...].elementsEqual(self.literalSuffix) else { return nil }
        return UnsafeBufferPointer(rebasing: bytes[self.literalPrefix.count..<end])
    }
}
