/// How a value is written: reads it from text and says what was expected of it.
struct ValueFormat<Value> {
    /// Completes the sentence "expected …".
    let expectation: String
    /// Whether no message may repeat the text.
    let isSecret: Bool
    private let parse: (String) throws(Refusal) -> Value?

    /// - Parameter parse: `nil` is refused with "expected …, found …"; a `Refusal` has a sentence of its own.
    init(_ expectation: String, isSecret: Bool = false, _ parse: @escaping (String) throws(Refusal) -> Value?) {
        self.expectation = expectation
        self.isSecret = isSecret
        self.parse = parse
    }

    func read(_ text: String) throws(Refusal) -> Value {
        guard let value = try parse(text) else {
            let found = text.isEmpty ? "nothing" : isSecret ? "another text" : text.quoted
            throw Refusal(.invalidValue, "expected \(expectation), found \(found)")
        }
        return value
    }

    /// A format, and a word that stands for no value.
    static func word<Wrapped>(_ word: String, or format: ValueFormat<Wrapped>) -> Self where Value == Wrapped? {
        Self("\(format.expectation), or \(word)") { text throws(Refusal) in
            if text == word { return .some(nil) }
            guard let value = try format.parse(text) else { return nil }
            return .some(value)
        }
    }
}

/// Why a text is not a value.
struct Refusal: Error {
    var code: ConfigurationProblem.Code
    var message: String

    init(_ code: ConfigurationProblem.Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
