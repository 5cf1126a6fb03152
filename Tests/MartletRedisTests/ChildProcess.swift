import Foundation

/// A program that a test runs. Spawned without Foundation's `Process`, which learns of a child's end by a descriptor that
/// other children, spawned meanwhile, hold open.
struct ChildProcess: Sendable {
    struct Failed: Error, CustomStringConvertible {
        var description: String
    }

    private let id: pid_t

    /// - Parameter output: A file for what it says.
    init(_ arguments: [String], output: String) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        // Else it would hold the sockets that other tests close.
        for descriptor in 3..<Int32(1024) { posix_spawn_file_actions_addclose(&actions, descriptor) }
        let words = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var id = pid_t()
        guard posix_spawnp(&id, arguments[0], &actions, nil, words, environ) == 0 else {
            throw Failed(description: "\(arguments[0]) can't be run")
        }
        self.id = id
    }

    /// Waits for the end; gives the status, 0 for success.
    @discardableResult
    func wait() -> Int32 {
        var status: Int32 = 0
        while waitpid(self.id, &status, 0) == -1, errno == EINTR {}
        return status
    }

    /// As `kill -9` does; returns when it is gone.
    func kill() {
        Foundation.kill(self.id, SIGKILL)
        self.wait()
    }

    /// Whether it has not ended.
    var isRunning: Bool {
        var info = siginfo_t()
        return waitid(P_PID, id_t(self.id), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_signo == 0
    }
}
