/// Why a key, a key set or what is to be signed with it can't be used, in a sentence for the operator.
package struct TokenKeyError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong. It never quotes the key.
    package let message: String

    init(_ message: String) {
        self.message = message
    }

    /// What is wrong.
    package var description: String { self.message }
}
