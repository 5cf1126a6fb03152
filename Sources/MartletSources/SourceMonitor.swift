public import Logging
import Synchronization

/// How a source is doing, for the operator: it tells the logger when that changes, and answers who asks.
///
/// ```swift
/// let monitor = SourceMonitor(name: "time", kind: "clock", logger: logger)
/// if let problem = monitor.status.problem { print(problem) }
/// ```
///
/// It may be used from any task or thread.
public final class SourceMonitor: Sendable {
    /// What is known of a source.
    public struct Status: Sendable, Hashable {
        /// What is watched right now.
        public var watches = 0
        /// How often values were asked for.
        public var ticks = 0
        /// How many ticks were skipped because the one before was not over.
        public var skipped = 0
        /// How many times something could not be had.
        public var errors = 0
        /// How many updates were published.
        public var updates = 0
        /// What is wrong right now, or nil.
        public var problem: String?
    }

    /// What the source is called.
    public let name: String
    /// Its kind, as the configuration calls it.
    public let kind: String
    private let logger: Logger
    private let state = Mutex(Status())

    /// Makes a monitor.
    ///
    /// - Parameters:
    ///   - name: what the source is called.
    ///   - kind: its kind, as the configuration calls it.
    ///   - logger: told when something fails, and when it works again.
    public init(name: String, kind: String, logger: Logger) {
        self.name = name
        self.kind = kind
        self.logger = logger
    }

    /// What is known now.
    public var status: Status { self.state.withLock { $0 } }

    package func count(_ change: (inout Status) -> Void) {
        self.state.withLock { change(&$0) }
    }

    /// Notes that something failed; the logger is told once, until it is another thing that fails.
    package func fails(_ problem: String) {
        let isNew = self.state.withLock { status in
            status.errors += 1
            guard status.problem != problem else { return false }
            status.problem = problem
            return true
        }
        if isNew { self.logger.error("The source \"\(self.name)\" (\(self.kind)): \(problem)") }
    }

    /// Notes that nobody looks any more, so that nothing is known to be wrong.
    package func rest() {
        self.state.withLock { $0.problem = nil }
    }

    /// Notes that all is well.
    package func works() {
        let wasFailing = self.state.withLock { status in
            guard status.problem != nil else { return false }
            status.problem = nil
            return true
        }
        if wasFailing { self.logger.notice("The source \"\(self.name)\" (\(self.kind)) works again") }
    }
}
