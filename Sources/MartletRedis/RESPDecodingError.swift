/// Says why bytes are no RESP, or more than is taken.
package struct RESPDecodingError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Which of the two.
    package enum Code: Sendable, Hashable {
        /// The bytes are no RESP.
        case malformed
        /// They are, but larger, longer or deeper than ``RESPDecoder/Limits`` say.
        case limitExceeded
    }

    /// The kind of error, for programs.
    package let code: Code
    /// What is wrong, for people, without a full stop.
    package let message: String

    /// The message.
    package var description: String { self.message }

    static func malformed(_ message: String) -> RESPDecodingError {
        RESPDecodingError(code: .malformed, message: message)
    }

    static func limit(_ message: String) -> RESPDecodingError {
        RESPDecodingError(code: .limitExceeded, message: message)
    }
}
