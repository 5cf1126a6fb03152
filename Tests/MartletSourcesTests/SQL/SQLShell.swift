#if PostgreSQL && MySQL
import Foundation
import MartletSources
import Synchronization

/// The command line client of a database, kept open, so that a test can have transactions open side by side.
final class SQLShell: Sendable {
    private let process: Process
    private let input: FileHandle
    private let output: FileHandle
    private let number = Mutex(0)

    init(_ command: [String]) throws {
        signal(SIGPIPE, SIG_IGN)
        let (input, output) = (Pipe(), Pipe())
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        // Line by line, though nobody sits before it.
        process.arguments = ["stdbuf", "-oL"] + command
        process.standardInput = input
        process.standardOutput = output
        process.standardError = output
        try process.run()
        self.process = process
        self.input = input.fileHandleForWriting
        self.output = output.fileHandleForReading
    }

    deinit { self.close() }

    func close() {
        try? self.input.close()
        self.process.waitUntilExit()
    }

    /// Runs SQL, and gives what the client printed.
    @discardableResult
    func run(_ sql: String) async throws -> String {
        let mark = self.number.withLock { number in
            number += 1
            return "mark-\(number)"
        }
        let (input, output) = (self.input, self.output)
        return try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(
                    with: Result {
                        try input.write(contentsOf: Data("\(sql);\nSELECT '\(mark)';\n".utf8))
                        return try Self.read(output, to: "\(mark)\n")
                    }
                )
            }
        }
    }

    private static func read(_ output: FileHandle, to end: String) throws -> String {
        var bytes = Data()
        while true {
            let more = output.availableData
            guard !more.isEmpty else { throw ServerFailure(description: "the client ended: \(text(bytes))") }
            bytes += more
            if bytes.suffix(end.utf8.count).elementsEqual(end.utf8) {
                return text(bytes.dropLast(end.utf8.count)).trimmingCharacters(in: .newlines)
            }
        }
    }

    private static func text(_ bytes: Data) -> String { String(decoding: bytes, as: UTF8.self) }
}

extension PostgreSQLServer {
    /// A client of a session of its own.
    func shell() throws -> SQLShell {
        try SQLShell([
            Self.programs! + "/psql", "-X", "-q", "-At", "-h", self.socketURL.host!, "-p", String(self.port), "-U",
            "postgres", "app",
        ])
    }
}

extension MariaDBServer {
    /// A client of a session of its own.
    func shell() throws -> SQLShell {
        try SQLShell([
            "mariadb", "--no-defaults", "--batch", "-N", "--unbuffered", "--force",
            "--default-character-set=utf8mb4", "--socket=\(self.socketURL.host!)", "-u", "root", "app",
        ])
    }
}
#endif
