import ArgumentParser
import Foundation
import Logging
import Martlet
import MartletServer
import NIOCore
import ServiceLifecycle
import UnixSignals

/// `martlet serve`
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serves a hub.",
        discussion: """
            Without a configuration it serves on 127.0.0.1:8080, keeps its log in martlet.db, publishes the time on
            the topic "time" every second, and has a page at / to try it.

            Settings come from flags, from MARTLET_… variables (log.keep.age is MARTLET_LOG_KEEP_AGE), and from the
            configuration file, in this order. A file looks like this:

              listen: 127.0.0.1:8080
              log: { store: "sqlite:martlet.db", keep: { updates: 1000000, age: 7d } }
              sources:
                time: { kind: clock, every: 1s, topic: time, public: true }
                log:  { kind: file, path: /var/log/app.log, topic: logs/app, public: true }

            SIGTERM and SIGINT end it in good order: /readyz turns 503, streams are told when to come back and closed
            in waves (streams.drain), publishers in flight are answered.
            """
    )

    @Option(
        name: .long,
        help: ArgumentHelp("The configuration (default: martlet.yaml, if there is one).", valueName: "file")
    )
    var config: String?

    @OptionGroup(title: "Settings")
    var options: ConfigurationOptions

    func run() async throws {
        let loaded = try self.options.load(file: self.config)
        let logger = Self.logger(level: loaded.configuration.diagnostics.level)
        // Before the first use of the loops.
        if let loops = loaded.configuration.loops { NIOSingletons.groupLoopCountSuggestion = loops }
        do {
            let server = try HubServer(configuration: loaded.configuration, logger: logger) { listening in
                logger.notice("Hub on \(listening.hub), try it in a browser")
                if let admin = listening.admin { logger.notice("Status on \(admin)/status") }
                logger.notice("Log in \(loaded.configuration.log.store)")
                logger.notice("No authorization yet: anybody who can reach this address may publish and subscribe")
            }
            var group = ServiceGroupConfiguration(
                services: [.init(service: server)],
                gracefulShutdownSignals: [.sigterm, .sigint],
                // The group narrates at info what concerns no operator.
                logger: Self.logger(level: max(logger.logLevel, .warning))
            )
            group.maximumGracefulShutdownDuration = .seconds(9)
            try await ServiceGroup(configuration: group).run()
        } catch let error as LogError {
            StandardError.write(error.message)
            throw ExitCode.failure
        } catch let error as ListenError {
            StandardError.write(error.description)
            throw ExitCode.failure
        }
    }

    private static func logger(level: Logger.Level) -> Logger {
        var logger = Logger(label: "martlet") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = level
        return logger
    }
}
