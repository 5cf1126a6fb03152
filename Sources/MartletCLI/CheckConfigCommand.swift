import ArgumentParser
import MartletServer

/// `martlet check-config`
struct CheckConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-config",
        abstract: "Checks a configuration without serving it.",
        discussion: """
            Prints every problem with its file, line and key, and exits with 78 if there is one. The environment
            (MARTLET_…) and the flags count, as they do for `serve`.
            """
    )

    @Argument(help: "The configuration (default: martlet.yaml, if there is one).")
    var file: String?

    @OptionGroup(title: "Settings")
    var options: ConfigurationOptions

    func run() async throws {
        let loaded = try self.options.load(file: self.file)
        let configuration = loaded.configuration
        print("\(loaded.file ?? "The configuration") is fine.")
        print("hub      http://\(configuration.listen)")
        print("admin    \(configuration.admin.map { "http://\($0)" } ?? "off")")
        print("log      \(configuration.log.store)")
        for source in configuration.sources {
            print("source   \(source.name) → \(source.topic) (\(source.isPublic ? "public" : "private"))")
        }
    }
}
