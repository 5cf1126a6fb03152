import Yams

extension Configuration {
    /// A value from the command line.
    public struct Flag: Sendable, Equatable {
        /// As the user wrote it, for messages: `--address`.
        public var name: String
        /// The key it sets: `listen`, `log.store`.
        public var keyPath: String
        /// As the user wrote it.
        public var value: String

        /// A flag called `name` that sets the scalar at `keyPath`.
        public init(name: String, keyPath: String, value: String) {
            self.name = name
            self.keyPath = keyPath
            self.value = value
        }
    }

    /// A configuration, and what is worth saying about it; see ``Configuration/load(file:environment:flags:directory:)``.
    public struct Loaded: Sendable, Equatable {
        /// What was read, with the defaults filled in.
        public var configuration: Configuration
        /// Sentences about what was ignored, or is worth a second look.
        public var warnings: [String]
        /// The file that was read, if one was.
        public var file: String?
    }

    /// Reads the configuration: a flag goes before the environment, the environment before the file, the file before the
    /// defaults.
    ///
    /// The scalar at `log.keep.updates` is `MARTLET_LOG_KEEP_UPDATES` in the environment, and `${NAME}` in a value of the
    /// file is the environment's `NAME`.
    ///
    /// ```swift
    /// let loaded = try Configuration.load(
    ///     file: nil,
    ///     environment: ProcessInfo.processInfo.environment,
    ///     flags: [Configuration.Flag(name: "--address", keyPath: "listen", value: "127.0.0.1:9000")]
    /// )
    /// ```
    ///
    /// - Parameters:
    ///   - file: the file's path; `nil` is `martlet.yaml` in `directory` if there is one, and else no file: then the one
    ///     source is a public clock on the topic `time`.
    ///   - environment: variables of the program by name; those that begin with `MARTLET_` are settings.
    ///   - flags: what the command line says.
    ///   - directory: the working directory.
    /// - Throws: everything that is wrong, a line each, with file, line and key.
    public static func load(
        file: String?,
        environment: [String: String],
        flags: [Flag] = [],
        directory: String = "."
    ) throws(ConfigurationError) -> Loaded {
        let path = file ?? (directory == "." ? "martlet.yaml" : "\(directory)/martlet.yaml")
        let text = try ConfigurationFile.text(at: path, mayBeAbsent: file == nil)
        let reading = ConfigurationReading(file: text == nil ? nil : path, environment: environment, flags: flags)
        let mapping =
            if let text { try ConfigurationFile.mapping(text, file: path) } else { mappingWithoutFile }
        let section = Section(path: "", location: nil, mapping: mapping, reading: reading)
        var configuration = Configuration()
        configuration.read(section)
        configuration.hasDemo = text == nil && !configuration.auth.hasKey
        section.reportUnknownKeys()
        reading.reportUnusedFlags()
        if let excess = reading.excess { throw ConfigurationError([excess]) }
        guard reading.problems.isEmpty else { throw ConfigurationError(reading.problems) }
        return Loaded(configuration: configuration, warnings: reading.warnings(), file: reading.file)
    }

    /// What a first `martlet serve` shows. It is read like a file, so that the environment can change it.
    private static var mappingWithoutFile: Node.Mapping? {
        let time: Node = ["kind": "clock", "every": "1s", "topic": "time", "public": "true"]
        let root: Node = ["sources": ["time": time]]
        return root.mapping
    }
}
