#if PostgreSQL || MySQL
import Foundation

/// Threads for libraries that block.
enum SQLThread {
    /// Starts a thread on which a write to a closed connection is an error, and never the end of the process: TLS
    /// libraries write without saying so to the system.
    static func start(_ name: String, _ body: @escaping @Sendable () -> Void) {
        let thread = Thread {
            var signals = sigset_t()
            sigemptyset(&signals)
            sigaddset(&signals, SIGPIPE)
            pthread_sigmask(SIG_BLOCK, &signals, nil)
            body()
        }
        thread.name = name
        thread.start()
    }
}
#endif
