import Foundation
import Hummingbird
import MartletSources
import NIOCore
import Synchronization

/// What the page at `/` shows to those who start the program without a configuration: four sources, and files for them to
/// watch, in a folder that goes with the server.
final class Demo: Sendable {
    /// The longest line that is appended to the log, in bytes.
    private static let maxLine = 4096
    /// A log that is larger begins anew.
    private static let maxLog: UInt64 = 1 << 20

    let sources: [SourceConfiguration]
    private let folder: URL
    private let database: DemoDatabase
    /// Lines are appended one at a time.
    private let log: Mutex<URL>

    /// Makes the files.
    init() throws {
        self.folder = FileManager.default.temporaryDirectory.appendingPathComponent("martlet-demo-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: self.folder, withIntermediateDirectories: true)
        let database = self.folder.appendingPathComponent("demo.db").path
        let log = self.folder.appendingPathComponent("demo.log")
        self.database = try DemoDatabase(path: database)
        try Data().write(to: log)
        self.log = Mutex(log)
        var notices = SourceConfiguration.Query(
            database: Secret(SQLURL(engine: .sqlite, database: database).description),
            text: "SELECT count(*) AS notice_num FROM notice WHERE user_id = :user_id AND is_read = 0"
        )
        notices.polling.every = .milliseconds(250)
        self.sources = [
            SourceConfiguration(
                name: "demo-time",
                kind: .clock(every: .seconds(1)),
                topic: "demo/time",
                isPublic: true
            ),
            SourceConfiguration(
                name: "demo-notices",
                kind: .sql(notices),
                topic: "demo/users/{user_id}/notices",
                isPublic: true
            ),
            SourceConfiguration(
                name: "demo-log",
                kind: .file(path: log.path, lineLimit: 64 << 10),
                topic: "demo/log",
                isPublic: true,
                backlog: 10
            ),
            SourceConfiguration(
                name: "demo-system",
                kind: .system(path: "/", polling: .init()),
                topic: "demo/system",
                isPublic: true
            ),
        ]
    }

    deinit { try? FileManager.default.removeItem(at: self.folder) }

    func addNotice() async throws { try await self.database.addNotice() }
    func markAllAsRead() async throws { try await self.database.markAllAsRead() }

    /// Appends a line to the log; line breaks in it become spaces.
    func append(_ text: String) throws {
        let line = String(text.split(whereSeparator: \.isNewline).joined(separator: " ").prefix(Self.maxLine)) + "\n"
        try self.log.withLock { log in
            let file = try FileHandle(forWritingTo: log)
            defer { try? file.close() }
            if try file.seekToEnd() > Self.maxLog { try file.truncate(atOffset: 0) }
            try file.write(contentsOf: Data(line.utf8))
        }
    }
}

extension Router where Context == BasicRequestContext {
    /// `/demo`: what the page's buttons do.
    func add(_ demo: Demo?) {
        let topics = demo?.sources.compactMap { $0.topic.map { "\"\($0)\"" } } ?? []
        self.get("/demo") { _, _ in Response.json("{\"topics\":[\(topics.joined(separator: ","))]}\n") }
        guard let demo else { return }
        self.post("/demo/notices") { _, _ in
            try await demo.addNotice()
            return HTTPResponse.Status.noContent
        }
        self.delete("/demo/notices") { _, _ in
            try await demo.markAllAsRead()
            return HTTPResponse.Status.noContent
        }
        self.post("/demo/log") { request, _ in
            let body = try await request.body.collect(upTo: 64 << 10)
            try demo.append(String(buffer: body))
            return HTTPResponse.Status.noContent
        }
    }
}
