#if PostgreSQL
import Foundation
import MartletSources

/// A PostgreSQL of the test's own: database `app`, superuser `postgres` by the Unix socket, and `martlet` with the
/// password `p@ss:word` by TCP.
final class PostgreSQLServer: Sendable {
    let port = ServerProcess.freePort()
    private let process: ServerProcess

    static let programs: String? = {
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        return versions.max { (Int($0) ?? 0) < (Int($1) ?? 0) }.map { "/usr/lib/postgresql/\($0)/bin" }
    }()

    /// One for all tests that leave it running.
    static let shared = Task { try await PostgreSQLServer() }

    init() async throws {
        guard let programs = Self.programs else { throw ServerFailure(description: "PostgreSQL is not installed") }
        self.process = try ServerProcess(user: "postgres")
        let data = self.process.folder + "/data"
        try await self.process.run([
            programs + "/initdb", "-D", data, "-U", "postgres", "-E", "UTF8", "--locale=C", "--no-sync",
            "--auth-local=trust", "--auth-host=scram-sha-256",
        ])
        try await self.start()
        try await self.sql("CREATE DATABASE app", database: "postgres")
        try await self.sql("CREATE ROLE martlet LOGIN PASSWORD 'p@ss:word'; GRANT CREATE ON SCHEMA public TO martlet")
    }

    func url(user: String = "martlet", password: String? = "p@ss:word", database: String = "app") -> SQLURL {
        SQLURL(
            engine: .postgreSQL,
            user: user,
            password: password,
            host: "127.0.0.1",
            port: self.port,
            database: database
        )
    }

    /// As superuser, by the Unix socket.
    var socketURL: SQLURL {
        SQLURL(engine: .postgreSQL, user: "postgres", host: self.process.folder, port: self.port, database: "app")
    }

    func start() async throws {
        // Children of a server that was killed hold on to its memory for a moment.
        try await eventually("PostgreSQL starts") {
            self.process.emptyLog()
            try self.process.start([
                Self.programs! + "/postgres", "-D", self.process.folder + "/data", "-p", String(self.port),
                "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=\(self.process.folder)",
                "-c", "fsync=off", "-c", "shared_buffers=16MB", "-c", "max_connections=400",
            ])
            for _ in 0..<100 {
                if (try? await self.sql("SELECT 1", database: "postgres")) != nil { return true }
                if ["pre-existing shared memory", "lock file"].contains(where: {
                    self.process.log.contains("FATAL:  \($0)")
                }) {
                    break
                }
            }
            self.process.kill()
            return false
        }
    }

    /// `kill -9`.
    func kill() { self.process.kill() }

    func end() { self.process.end() }

    /// What psql prints for some SQL, run as superuser: fields with `|` between them.
    @discardableResult
    func sql(_ text: String, database: String = "app") async throws -> String {
        try await self.process.run(
            [
                Self.programs! + "/psql", "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-h", self.process.folder,
                "-p", String(self.port), "-U", "postgres", database,
            ],
            input: text
        )
        .trimmingCharacters(in: .newlines)
    }
}
#endif
