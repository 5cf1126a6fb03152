/// One thing that is wrong with a configuration.
///
/// ```swift
/// if problem.code == .unknownKey { print("\(problem.key) is no setting") }
/// ```
public struct ConfigurationProblem: Sendable, Equatable, CustomStringConvertible {
    /// What kind of problem it is.
    public enum Code: Sendable, Hashable {
        /// The file could not be read, is too large, or is not UTF-8.
        case unreadableFile
        /// The file is not YAML, or not one mapping.
        case invalidSyntax
        /// A key that means nothing where it stands.
        case unknownKey
        /// A key that stands twice in one mapping.
        case duplicateKey
        /// A key that must be there is not.
        case missingKey
        /// A `${NAME}` that the environment lacks, or that is malformed.
        case badVariable
        /// A value that its key does not take.
        case invalidValue
        /// A value that Martlet will understand, but does not yet.
        case unsupported
        /// A listener that others could reach.
        case notLoopback
        /// Two values that exclude each other.
        case conflict
    }

    /// What kind of problem it is.
    public let code: Code
    /// Where the value was given.
    public let origin: ConfigurationOrigin
    /// The path of the key, like `log.keep.age`; empty if the problem is the file's.
    public let key: String
    /// What is wrong and what is expected.
    public let message: String

    /// `martlet.yaml:12: log.keep.age: expected …`
    public var description: String {
        key.isEmpty ? "\(origin): \(message)" : "\(origin): \(key): \(message)"
    }
}
