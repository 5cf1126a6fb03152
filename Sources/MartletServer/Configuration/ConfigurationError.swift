/// Why a configuration was refused: everything that is wrong with it, not only the first thing.
///
/// ```swift
/// do {
///     _ = try Configuration.load(file: "martlet.yaml", environment: [:], flags: [])
/// } catch {
///     for problem in error.problems { print(problem) }  // martlet.yaml:12: log.keep.age: expected …
/// }
/// ```
public struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong: problems of the file by line, then those of the environment, then those of flags. Never empty.
    public let problems: [ConfigurationProblem]

    init(_ problems: [ConfigurationProblem]) {
        self.problems = problems.enumerated().sorted(by: Self.isBefore).map(\.element)
    }

    /// The offset keeps the order of discovery where the place is the same.
    private static func isBefore(
        _ left: (offset: Int, element: ConfigurationProblem),
        _ right: (offset: Int, element: ConfigurationProblem)
    ) -> Bool {
        let (one, other) = (left.element.origin.order, right.element.origin.order)
        return one == other ? left.offset < right.offset : one < other
    }

    /// One line per problem, a hundred at most.
    public var description: String {
        let lines = problems.prefix(100).map(\.description)
        let rest = problems.count - lines.count
        return (rest > 0 ? lines + ["and \(rest) more"] : lines).joined(separator: "\n")
    }
}
