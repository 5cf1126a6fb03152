import ArgumentParser
import CoreMetrics
import Foundation
import Logging
import Martlet
import MartletMetrics
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

            Without a key it serves this machine only, and anybody on it may publish and subscribe. To serve others,
            give it keys for the tokens of publishers and subscribers, and a certificate unless a proxy has one:

              listen: 0.0.0.0:8443
              tls: { certificate: cert.pem, key: key.pem }
              auth:
                publish:   { algorithm: HS256, key: "${PUBLISHER_KEY}" }
                subscribe: { algorithm: HS256, key: "${SUBSCRIBER_KEY}" }
                anonymous: true

            `martlet token` makes tokens. SIGHUP has the certificate and key sets read again.

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
        let diagnostics = loaded.configuration.diagnostics
        let logger = Self.logger(level: diagnostics.level, format: diagnostics.format)
        // Before the first use of the loops.
        if let loops = loaded.configuration.loops { NIOSingletons.groupLoopCountSuggestion = loops }
        do {
            let configuration = loaded.configuration
            // It may come while the server starts, which takes as long as key sets and the log do.
            let reloads = await UnixSignalsSequence(trapping: .sighup)
            let metrics = PrometheusRegistry(logger: logger)
            MetricsSystem.bootstrap(metrics)
            let server = try await HubServer(configuration: configuration, logger: logger, metrics: metrics) {
                listening in
                logger.notice("Hub on \(listening.hub), try it in a browser")
                if let admin = listening.admin { logger.notice("Dashboard on \(admin)") }
                logger.notice("Log in \(configuration.log.store)")
                logger.notice("\(configuration.auth.summary)")
            }
            var group = ServiceGroupConfiguration(
                services: [.init(service: server), .init(service: Reloading(server: server, signals: reloads))],
                gracefulShutdownSignals: [.sigterm, .sigint],
                // The group narrates at info what concerns no operator.
                logger: Self.logger(level: max(logger.logLevel, .warning), format: diagnostics.format)
            )
            group.maximumGracefulShutdownDuration = .seconds(9)
            try await ServiceGroup(configuration: group).run()
        } catch let error as LogError {
            throw Self.failure(error.message)
        } catch let error as ListenError {
            throw Self.failure(error.description)
        } catch let error as TLSError {
            throw Self.failure(error.description, ExitCode(EX_CONFIG))
        } catch let error as AccessError {
            throw Self.failure(error.description, ExitCode(EX_CONFIG))
        }
    }

    private static func failure(_ sentence: String, _ code: ExitCode = .failure) -> ExitCode {
        StandardError.write(sentence)
        return code
    }

    static func logger(level: Logger.Level, format: Configuration.Diagnostics.Format = .text) -> Logger {
        var logger = Logger(label: "martlet") { label -> any LogHandler in
            switch format {
            case .text: StreamLogHandler.standardError(label: label)
            case .json: JSONLogHandler(label: label)
            }
        }
        logger.logLevel = level
        return logger
    }
}

/// Has certificates and key sets read again whenever SIGHUP comes.
private struct Reloading: Service {
    let server: HubServer
    let signals: UnixSignalsSequence

    func run() async throws {
        await cancelWhenGracefulShutdown {
            for await _ in self.signals { await self.server.reload() }
        }
        try? await gracefulShutdown()
    }
}

extension Configuration.Auth {
    /// Who may do what, in one line.
    fileprivate var summary: String {
        if !self.hasKey {
            return """
                No keys: anybody on this machine may publish and subscribe, nobody else can; private updates reach nobody. \
                Set auth.publish and auth.subscribe to change that
                """
        }
        let publishing = self.publish == nil ? "Nobody publishes over HTTP" : "Publishing needs a token"
        return "\(publishing), subscribing \(self.anonymous ? "does not, but for private updates" : "does too")"
    }
}
