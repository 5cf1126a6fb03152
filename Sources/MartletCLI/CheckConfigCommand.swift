import ArgumentParser
import Foundation
import Logging
import MartletServer

/// `martlet check-config`
struct CheckConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-config",
        abstract: "Checks a configuration without serving it.",
        discussion: """
            Prints every problem with its file, line and key, and exits with 78 if there is one. The environment
            (MARTLET_…) and the flags count, as they do for `serve`. Keys and certificates are read, too.
            """
    )

    @Argument(help: "The configuration (default: martlet.yaml, if there is one).")
    var file: String?

    @OptionGroup(title: "Settings")
    var options: ConfigurationOptions

    func run() async throws {
        let loaded = try self.options.load(file: self.file)
        let configuration = loaded.configuration
        do {
            _ = try configuration.tls.map { try TLSContext(certificate: $0.certificate, key: $0.key) }
            _ = try await Access(configuration, logger: ServeCommand.logger(level: .warning))
        } catch {
            StandardError.write("\(error)")
            throw ExitCode(EX_CONFIG)
        }
        print("\(loaded.file ?? "The configuration") is fine.")
        print("hub      \(configuration.tls == nil ? "http" : "https")://\(configuration.listen)")
        print("admin    \(configuration.admin.map { "http://\($0)" } ?? "off")")
        print("log      \(configuration.log.store)")
        print(
            "publish  \(configuration.auth.hasKey ? (configuration.auth.publish == nil ? "nobody" : "by token") : "anybody here")"
        )
        print("private  \(configuration.auth.subscribe == nil ? "nobody" : "by token")")
        for source in configuration.sources {
            print(
                "source   \(source.name) → \(source.topic ?? "the topics its rows say") (\(source.isPublic ? "public" : "private"))"
            )
        }
    }
}
