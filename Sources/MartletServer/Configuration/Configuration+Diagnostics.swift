public import Logging

extension Configuration {
    /// What the program says about itself on standard error. (`log` is the log of updates.)
    public struct Diagnostics: Sendable, Equatable {
        /// The least severe message that is written.
        public var level: Logger.Level

        /// Messages from `level` on.
        public init(level: Logger.Level = .info) {
            self.level = level
        }

        mutating func read(_ section: Section) {
            section.read("level", into: &level, as: .oneOf(Logger.Level.self))
        }
    }
}
