/// Why an ``Event`` cannot be put on the wire.
///
/// ```swift
/// do { try EventEncoder.validate(id: id) } catch { print(error.message) }
/// ```
public struct EventEncodingError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong, for programs.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Value: Sendable, Hashable {
            case invalidID, invalidType, negativeRetry
        }

        private let value: Value

        /// The id contains CR, LF or NUL.
        public static let invalidID = Code(value: .invalidID)
        /// The type contains CR, LF or NUL.
        public static let invalidType = Code(value: .invalidType)
        /// The retry time is below zero.
        public static let negativeRetry = Code(value: .negativeRetry)

        /// The code's name, e.g. `invalidID`.
        public var description: String {
            switch value {
            case .invalidID: "invalidID"
            case .invalidType: "invalidType"
            case .negativeRetry: "negativeRetry"
            }
        }

        // Derived from the code, so that throwing allocates no message.
        fileprivate var message: String {
            switch value {
            case .invalidID:
                "The id contains a line break (CR or LF) or NUL, which would end its field early or have it ignored."
            case .invalidType:
                "The type contains a line break (CR or LF) or NUL, which would end its field early."
            case .negativeRetry:
                "The retry time is negative; it is a number of milliseconds, 0 or more."
            }
        }
    }

    /// What is wrong, for programs.
    public var code: Code

    /// What is wrong, in a sentence for people.
    public var message: String { code.message }

    /// The message.
    public var description: String { message }

    init(_ code: Code) {
        self.code = code
    }
}
