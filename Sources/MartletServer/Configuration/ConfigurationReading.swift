/// What is shared while one configuration is read: what was given beside the file, and what was found wrong.
///
/// Lives on the stack of `Configuration.load`.
final class ConfigurationReading {
    /// The file as it was named; `nil` if there is none.
    let file: String?
    let environment: [String: String]
    let flags: [String: Configuration.Flag]
    private(set) var problems: [ConfigurationProblem] = []
    /// Sentences about what is no problem, but worth a look.
    private var remarks: [String] = []
    /// The variables of all settings asked for, and the paths of the keys they stand for.
    private(set) var variables: [String: String] = [:]
    private var paths: Set<String> = []
    /// How many more pairs of mappings may be looked at: aliases can make a small file mean an enormous one.
    private var pairs = 20_000
    /// Where the pairs ran out; whatever else was found wrong comes of that.
    private(set) var excess: ConfigurationProblem?

    init(file: String?, environment: [String: String], flags: [Configuration.Flag]) {
        self.file = file
        self.environment = environment
        self.flags = Dictionary(flags.map { ($0.keyPath, $0) }, uniquingKeysWith: { $1 })
    }

    func report(_ problem: ConfigurationProblem) {
        problems.append(problem)
    }

    func warn(_ remark: String) {
        remarks.append(remark)
    }

    /// Takes back all but the first `count` problems.
    func forgetProblems(after count: Int) {
        problems.removeSubrange(count...)
    }

    /// What a flag or else the environment says about the scalar at `path`.
    func override(_ path: String) -> (text: String, origin: ConfigurationOrigin)? {
        paths.insert(path)
        let variable = Self.variable(path)
        let other = variables.updateValue(path, forKey: variable)
        if let flag = flags[path] { return (flag.value, .flag(flag.name)) }
        // A variable that is set to nothing is what `X=${X}` leaves in a compose file: not set.
        guard let text = environment[variable], !text.isEmpty else { return nil }
        if let other, other != path {
            report(
                ConfigurationProblem(
                    code: .conflict,
                    origin: .environment(variable),
                    key: path,
                    message: "the variable could also mean \(other); set both in the file instead"
                )
            )
        }
        return (text, .environment(variable))
    }

    /// Takes one pair from the budget; `false` once it is used up.
    func takePair(at location: ConfigurationLocation) -> Bool {
        if pairs == 0, excess == nil {
            excess = ConfigurationProblem(
                code: .invalidSyntax,
                origin: .file(location),
                key: "",
                message: "the file is too large once its aliases are followed"
            )
        }
        pairs -= 1
        return pairs >= 0
    }

    /// Flags that name no setting: a source that is not there, say.
    func reportUnusedFlags() {
        for flag in flags.values.sorted(by: { $0.name < $1.name }) where !paths.contains(flag.keyPath) {
            report(
                ConfigurationProblem(
                    code: .unknownKey,
                    origin: .flag(flag.name),
                    key: flag.keyPath,
                    message: "unknown key\(Suggestion.sentence(for: flag.keyPath, among: paths))"
                )
            )
        }
    }

    /// What was remarked, and the variables that look like ours and are not: an environment is shared, so they are no
    /// error.
    func warnings() -> [String] {
        let strangers = environment.keys.sorted().filter { $0.hasPrefix(Self.prefix) && variables[$0] == nil }
            .map { "\($0) is not a setting and is ignored\(Suggestion.sentence(for: $0, among: variables.keys))" }
        return remarks + strangers
    }

    private static let prefix = "MARTLET_"

    /// `log.keep.updates` is `MARTLET_LOG_KEEP_UPDATES`.
    static func variable(_ path: String) -> String {
        let bytes = path.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "."), UInt8(ascii: "-"): UInt8(ascii: "_")
            case UInt8(ascii: "a")...UInt8(ascii: "z"): byte & ~0x20
            default: byte
            }
        }
        return prefix + String(decoding: bytes, as: UTF8.self)
    }
}
