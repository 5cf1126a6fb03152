/// Why bytes are no JSON that ``JSONReader`` takes, in a sentence that quotes none of them.
struct JSONError: Error, Hashable, Sendable {
    var message: String

    init(_ message: String) {
        self.message = message
    }
}
