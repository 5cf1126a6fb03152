import Foundation
import MartletRedis
import NIOCore
import NIOPosix
import Synchronization

/// A throwaway `redis-server` on a free port, that keeps nothing on disk. Ends with ``run(_:test:)``.
final class RedisServer: Sendable {
    let port: Int
    let folder: TemporaryFolder
    private let options: [String]
    private let process = Mutex<ChildProcess?>(nil)

    private init(port: Int, folder: TemporaryFolder, options: [String]) {
        self.port = port
        self.folder = folder
        self.options = options
    }

    deinit { self.process.withLock { $0?.kill() } }

    /// Runs a server as long as `test` runs.
    static func run(
        _ options: [String] = [],
        in folder: TemporaryFolder? = nil,
        test: (RedisServer) async throws -> Void
    ) async throws {
        let server = RedisServer(
            port: try await self.freePort(),
            folder: try folder ?? TemporaryFolder(),
            options: options
        )
        defer { server.kill() }
        try await server.start()
        try await test(server)
    }

    var socket: String { self.folder.file("redis.sock") }

    func url(_ login: String = "", database: Int = 0) throws -> RedisURL {
        try RedisURL("redis://\(login)127.0.0.1:\(self.port)/\(database)")
    }

    func connect(_ change: (inout RedisConnection.Configuration) -> Void = { _ in }) async throws -> RedisConnection {
        var configuration = RedisConnection.Configuration(url: try self.url())
        change(&configuration)
        return try await RedisConnection.connect(configuration)
    }

    /// Starts it, also again; returns when it accepts connections.
    func start() async throws {
        let said = self.folder.file("redis.log")
        let process = try ChildProcess(
            ["redis-server", "--port", "\(self.port)", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
                + ["--dir", self.folder.path, "--unixsocket", self.socket] + self.options,
            output: said
        )
        self.process.withLock { $0 = process }
        try await eventually("the server starts") {
            // Asked first, so that the reason is there if it has ended.
            let isRunning = process.isRunning
            let text = String(decoding: FileManager.default.contents(atPath: said) ?? Data(), as: UTF8.self)
            if text.contains("Ready to accept connections") { return true }
            if !isRunning { throw ChildProcess.Failed(description: text) }
            return false
        }
    }

    /// As `kill -9` does.
    func kill() {
        self.process.withLock { process in
            process?.kill()
            process = nil
        }
    }

    static func freePort() async throws -> Int {
        let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = listener.localAddress?.port ?? 0
        try await listener.close()
        return port
    }
}

/// Why no connection can be had; `nil` if one can.
func refusal(_ configuration: RedisConnection.Configuration) async -> RedisError? {
    do {
        try await RedisConnection.connect(configuration).close()
        return nil
    } catch {
        return error
    }
}
