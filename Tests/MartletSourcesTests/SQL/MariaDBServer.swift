#if MySQL
import Foundation
import MartletSources

/// A MariaDB of the test's own: database `app`, `root` by the Unix socket, and `martlet` with the password `p@ss:word`
/// by TCP.
final class MariaDBServer: Sendable {
    let port = ServerProcess.freePort()
    private let process: ServerProcess

    static let isInstalled = FileManager.default.isExecutableFile(atPath: program)
    private static let program = "/usr/sbin/mariadbd"

    /// One for all tests that leave it running.
    static let shared = Task { try await MariaDBServer() }

    init() async throws {
        self.process = try ServerProcess(user: "mysql")
        try await self.process.run([
            "mariadb-install-db", "--no-defaults", "--datadir=\(self.process.folder)/data",
            "--auth-root-authentication-method=normal", "--skip-test-db",
        ])
        try await self.start()
        try await self.sql("CREATE DATABASE app", database: "mysql")
        try await self.sql(
            """
            CREATE USER martlet@'127.0.0.1' IDENTIFIED BY 'p@ss:word';
            GRANT SELECT, INSERT, UPDATE, DELETE ON app.* TO martlet@'127.0.0.1';
            """
        )
    }

    func url(user: String = "martlet", password: String? = "p@ss:word", database: String = "app") -> SQLURL {
        SQLURL(engine: .mySQL, user: user, password: password, host: "127.0.0.1", port: self.port, database: database)
    }

    /// As root, by the Unix socket.
    var socketURL: SQLURL { SQLURL(engine: .mySQL, user: "root", host: self.socket, database: "app") }

    private var socket: String { self.process.folder + "/socket" }

    func start() async throws {
        try self.process.start([
            Self.program, "--no-defaults", "--datadir=\(self.process.folder)/data", "--port=\(self.port)",
            "--bind-address=127.0.0.1", "--skip-networking=0", "--socket=\(self.socket)", "--skip-name-resolve",
            "--character-set-server=utf8mb4", "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=16M",
            "--max-connections=400",
        ])
        try await eventually("MariaDB starts") { (try? await self.sql("SELECT 1", database: "mysql")) != nil }
    }

    /// `kill -9`.
    func kill() { self.process.kill() }

    func end() { self.process.end() }

    /// What the client prints for some SQL, run as root: fields with tabs between them.
    @discardableResult
    func sql(_ text: String, database: String = "app") async throws -> String {
        try await self.process.run(
            [
                "mariadb", "--no-defaults", "--batch", "-N", "--default-character-set=utf8mb4",
                "--socket=\(self.socket)", "-u", "root", database,
            ],
            input: text
        )
        .trimmingCharacters(in: .newlines)
    }
}
#endif
