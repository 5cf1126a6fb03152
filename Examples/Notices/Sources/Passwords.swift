import Hummingbird
import NIOPosix
import Synchronization

/// Derives passwords' hashes, a few at once, on threads that may be blocked. Usable from any task.
///
/// On the threads that tasks share, a few people who log in at once would hold up everything else.
final class Passwords: Sendable {
    private let costs: PasswordHash.Costs
    private let limit: Int
    private let threads: NIOThreadPool
    private let running = Mutex(0)

    /// - Parameters:
    ///   - costs: what deriving costs, for new hashes.
    ///   - limit: how many are derived or wait for a thread; whoever comes then is told to come back.
    ///   - threads: where they are derived.
    init(costs: PasswordHash.Costs = .recommended, limit: Int = 8, threads: NIOThreadPool = .singleton) {
        self.costs = costs
        self.limit = limit
        self.threads = threads
    }

    /// How many are derived or wait for a thread.
    var count: Int { self.running.withLock { $0 } }

    /// The hash of a new password.
    ///
    /// - Throws: `HTTPError`, 503, if too many are being derived.
    func hash(_ password: String) async throws -> PasswordHash {
        let costs = self.costs
        return try await self.run { try PasswordHash.make(of: password, costs: costs) }
    }

    /// Whether a password is the one that is kept; it never is if none is kept, which takes as long to find out.
    ///
    /// - Throws: `HTTPError`, 503, if too many are being derived.
    func verify(_ password: String, against kept: PasswordHash?) async throws -> Bool {
        let hash = kept ?? .ofNobody(self.costs)
        return try await self.run { try hash.matches(password) }
    }

    /// Whether a hash was made when deriving cost something else.
    func isOutdated(_ hash: PasswordHash) -> Bool {
        hash.costs != self.costs
    }

    private func run<Result: Sendable>(_ derive: @escaping @Sendable () throws -> Result) async throws -> Result {
        let isAdmitted = self.running.withLock { running in
            guard running < self.limit else { return false }
            running += 1
            return true
        }
        guard isAdmitted else {
            throw HTTPError(
                .serviceUnavailable,
                headers: [.retryAfter: "1"],
                message: "Many are logging in just now; try again in a moment."
            )
        }
        defer { self.running.withLock { $0 -= 1 } }
        return try await self.threads.runIfActive(derive)
    }
}
