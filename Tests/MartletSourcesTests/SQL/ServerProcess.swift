import Foundation
import Synchronization

/// A server that a test starts in a temporary folder of its own, kills and starts again.
///
/// A shell stands between it and the test: when the test process ends, in whatever way, the shell's input does too, and
/// the shell kills the server and removes the folder.
final class ServerProcess: Sendable {
    let folder: String
    private let user: String
    private let shell = Mutex<Process?>(nil)

    /// - Parameter user: as whom to run when this is root, which database servers refuse.
    init(user: String) throws {
        self.user = user
        signal(SIGPIPE, SIG_IGN)
        var template = Array("/tmp/martlet-sql-XXXXXX".utf8CString)
        self.folder = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
        if geteuid() == 0, let entry = getpwnam(user) {
            chown(self.folder, entry.pointee.pw_uid, entry.pointee.pw_gid)
        }
    }

    deinit { self.end() }

    /// Starts the server; its output goes to `server.log` in the folder.
    func start(_ command: [String]) throws {
        let script = """
            cd "$0" || exit 1
            "$@" </dev/null >>"$0/server.log" 2>&1 &
            echo $! >"$0/server.pid"
            while read line; do [ "$line" = forget ] && exit; done
            kill -9 $!; cd /; until rm -rf "$0"; do :; done
            """
        // Without `wait`: the shell inherits a mask that keeps SIGCHLD from it.
        let input = Pipe()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", script, self.folder] + self.unprivileged(command)
        process.standardInput = input
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        self.shell.withLock { $0 = process }
    }

    /// As `kill -9` of the server does, and nobody tidies up.
    func kill() {
        let pid = self.pid
        if let pid { Glibc.kill(pid, SIGKILL) }
        self.shell.withLock { shell in
            try? (shell?.standardInput as? Pipe)?.fileHandleForWriting.write(contentsOf: Data("forget\n".utf8))
            shell?.waitUntilExit()
            shell = nil
        }
        // Until whoever reaps orphans has done so, its lock files seem to be in use.
        while let pid, Glibc.kill(pid, 0) == 0 { usleep(1000) }
    }

    /// Ends the server and removes the folder.
    func end() {
        self.shell.withLock { shell in
            try? (shell?.standardInput as? Pipe)?.fileHandleForWriting.close()
            shell?.waitUntilExit()
            shell = nil
        }
        try? FileManager.default.removeItem(atPath: self.folder)
    }

    var log: String { (try? String(contentsOfFile: self.folder + "/server.log", encoding: .utf8)) ?? "" }

    func emptyLog() { try? FileManager.default.removeItem(atPath: self.folder + "/server.log") }

    private var pid: pid_t? {
        guard let text = try? String(contentsOfFile: self.folder + "/server.pid", encoding: .utf8) else { return nil }
        return pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    /// Runs a program to its end, as the server's user, and gives what it printed.
    @discardableResult
    func run(_ command: [String], input: String = "") async throws -> String {
        let command = self.unprivileged(command)
        let folder = self.folder
        return try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(with: Result { try Self.run(command, input, folder) })
            }
        }
    }

    private static func run(_ command: [String], _ input: String, _ folder: String) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        let (stdin, output) = (Pipe(), Pipe())
        process.standardInput = stdin
        process.standardOutput = output
        process.standardError = output
        try process.run()
        // A program that fails at once does not read it.
        try? stdin.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try stdin.fileHandleForWriting.close()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw ServerFailure(description: "\(command): \(text)") }
        return text
    }

    private func unprivileged(_ command: [String]) -> [String] {
        guard geteuid() == 0 else { return command }
        return ["setpriv", "--reuid=\(self.user)", "--regid=\(self.user)", "--clear-groups", "--"] + command
    }

    /// A port of 127.0.0.1 that nobody listens on.
    static func freePort() -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                _ = bind(descriptor, address, length)
                _ = getsockname(descriptor, address, &length)
            }
        }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}

struct ServerFailure: Error, CustomStringConvertible {
    var description: String
}
