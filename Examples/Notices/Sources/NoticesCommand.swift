import ArgumentParser
import Hummingbird
import Logging
import MartletSQLite
import NIOCore

/// `swift run Notices`: serves the application on this machine.
@main
struct NoticesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "Notices",
        abstract: "An application with login and SQLite, whose pages hear at once when somebody has a notice."
    )

    @Option(help: "Where to listen, on 127.0.0.1.")
    var port = 8088

    @Option(help: ArgumentHelp("The application's database.", valueName: "path"))
    var database = "notices.db"

    @Option(help: ArgumentHelp("Where the hub keeps what it has pushed.", valueName: "path"))
    var log = "notices-hub.db"

    @Flag(
        help: """
            Let browsers send the session's cookie without TLS. For a look at http://127.0.0.1; behind TLS leave it out.
            """
    )
    var insecureCookie = false

    func run() async throws {
        let logger = Logger(label: "notices")
        let app = try NoticesApplication(
            store: Store(path: self.database),
            log: SQLiteLog(path: self.log, logger: logger),
            cookieIsSecure: !self.insecureCookie,
            logger: logger
        )
        try await app.application(port: self.port, logger: logger) { channel in
            logger.info("Notices on http://127.0.0.1:\(channel.localAddress?.port ?? self.port)")
        }.runService()
    }
}
