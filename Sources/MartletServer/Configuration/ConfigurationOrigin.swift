/// Where a value was given.
///
/// ```swift
/// if case .file(let location) = problem.origin { print(location.line ?? 1) }
/// ```
public enum ConfigurationOrigin: Sendable, Hashable, CustomStringConvertible {
    /// The place in the configuration file.
    case file(ConfigurationLocation)
    /// The name of a variable.
    case environment(String)
    /// The name of a flag, like `--address`.
    case flag(String)

    /// `martlet.yaml:12`, `MARTLET_LISTEN` or `--address`.
    public var description: String {
        switch self {
        case .file(let location): location.description
        case .environment(let name), .flag(let name): name
        }
    }

    /// The file's problems come first, by place.
    var order: (Int, Int, Int) {
        switch self {
        case .file(let location): (0, location.line ?? 0, location.column ?? 0)
        case .environment: (1, 0, 0)
        case .flag: (2, 0, 0)
        }
    }

    /// A relative path written in the file starts at the file's folder, so that it means the same wherever the program
    /// is started; one given beside it starts at the working directory.
    func resolve(path: String) -> String { self.folder(of: path) + path }

    /// The same for a pattern, whose wildcards aren't the folder's.
    func resolve(pattern: String) -> String {
        self.folder(of: pattern).reduce(into: "") { text, character in
            if "*?[\\".contains(character) { text += "\\" }
            text.append(character)
        } + pattern
    }

    /// What stands before a relative path: the folder of the file that has it.
    private func folder(of path: String) -> String {
        guard case .file(let location) = self, !path.hasPrefix("/"),
            let slash = location.file.utf8.lastIndex(of: UInt8(ascii: "/"))
        else { return "" }
        return String(location.file[...slash])
    }
}

/// A place in the configuration file.
///
/// ```swift
/// print(ConfigurationLocation(file: "martlet.yaml", line: 12))  // martlet.yaml:12
/// ```
public struct ConfigurationLocation: Sendable, Hashable, CustomStringConvertible {
    /// The file's path as it was given.
    public var file: String
    /// From 1; `nil` is the file as a whole.
    public var line: Int?
    /// From 1, in Unicode scalars.
    public var column: Int?

    /// The file as a whole, unless a line is given.
    public init(file: String, line: Int? = nil, column: Int? = nil) {
        self.file = file
        self.line = line
        self.column = column
    }

    /// `martlet.yaml:12`
    public var description: String {
        line.map { "\(file):\($0)" } ?? file
    }
}
