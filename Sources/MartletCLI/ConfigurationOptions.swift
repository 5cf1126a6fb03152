import ArgumentParser
import Foundation
import MartletServer

/// What `serve` and `check-config` are told about the configuration.
struct ConfigurationOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp("Where to serve the hub (default: 127.0.0.1:8080).", valueName: "host:port")
    )
    var address: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Where to serve health and status, or \"off\" (default: 127.0.0.1:8081).",
            valueName: "host:port"
        )
    )
    var admin: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Where to keep updates: memory, or sqlite:PATH (default: sqlite:martlet.db).",
            valueName: "store"
        )
    )
    var log: String?

    @Option(name: .long, help: ArgumentHelp("How many event loops to run (default: one per core).", valueName: "n"))
    var loops: String?

    @Option(
        name: .long,
        help: ArgumentHelp("Set any other setting, such as log.keep.age=12h; may be repeated.", valueName: "key=value")
    )
    var set: [String] = []

    /// Reads the configuration, and tells warnings on standard error.
    func load(file: String?) throws -> Configuration.Loaded {
        var flags: [Configuration.Flag] = []
        func add(_ name: String, _ keyPath: String, _ value: String?) {
            if let value { flags.append(Configuration.Flag(name: name, keyPath: keyPath, value: value)) }
        }
        add("--address", "listen", self.address)
        add("--admin", "admin", self.admin)
        add("--log", "log.store", self.log)
        add("--loops", "loops", self.loops)
        for setting in self.set {
            guard let equals = setting.firstIndex(of: "=") else {
                throw ValidationError("--set takes key=value, such as log.keep.age=12h; found \"\(setting)\".")
            }
            add("--set", String(setting[..<equals]), String(setting[setting.index(after: equals)...]))
        }
        let loaded: Configuration.Loaded
        do {
            loaded = try Configuration.load(
                file: file,
                environment: ProcessInfo.processInfo.environment,
                flags: flags
            )
        } catch {
            // As compilers print them, so that editors find the line.
            FileHandle.standardError.write(Data("\(error)\n".utf8))
            throw ExitCode(EX_CONFIG)
        }
        for warning in loaded.warnings { StandardError.write("warning: \(warning)") }
        return loaded
    }
}
