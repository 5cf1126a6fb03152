public import Logging

extension Configuration {
    /// What the program says about itself on standard error. (`log` is the log of updates.)
    ///
    /// ```swift
    /// let diagnostics = Configuration.Diagnostics(level: .warning, format: .json)
    /// ```
    public struct Diagnostics: Sendable, Equatable {
        /// The least severe message that is written.
        public var level: Logger.Level
        /// How messages are written.
        public var format: Format

        /// How messages are written, a line each.
        public enum Format: String, Sendable, CaseIterable {
            /// For people.
            case text
            /// For programs: an object of JSON.
            case json
        }

        /// Messages from `level` on.
        public init(level: Logger.Level = .info, format: Format = .text) {
            self.level = level
            self.format = format
        }

        mutating func read(_ section: Section) {
            section.read("level", into: &level, as: .oneOf(Logger.Level.self))
            section.read("format", into: &format, as: .oneOf(Format.self))
        }
    }
}
