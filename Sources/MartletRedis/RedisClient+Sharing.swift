import Synchronization

extension RedisClient {
    /// How an attempt to connect ended, for those who waited for it.
    enum Outcome: Sendable {
        case connected
        case failed(RedisError)
        /// Whoever made it was cancelled; somebody else has to.
        case abandoned
        case cancelled
    }

    /// The connection that all share, or how far it is.
    struct Sharing {
        private enum Phase {
            case none
            case connecting
            case connected(RedisConnection)
            case closed
        }

        /// What somebody who wants to send has to do.
        enum Step {
            case use(RedisConnection)
            /// Connect, after this time.
            case connect(at: Duration)
            case wait(id: Int)
            case fail
        }

        private var phase = Phase.none
        private var backoff: RedisBackoff
        private var lastError: RedisError?
        private var waiters: [Int: CheckedContinuation<Outcome, Never>] = [:]
        private var cancelledWaiters: Set<Int> = []
        private var nextID = 0

        init(backoff: RedisBackoff) {
            self.backoff = backoff
        }

        var state: State {
            switch self.phase {
            case .closed: .closed
            case .connected(let connection) where connection.isOpen: .connected
            default: self.lastError.map { .failed($0) } ?? .idle
            }
        }

        mutating func step(at now: Duration, random: Double) -> Step {
            switch self.phase {
            case .closed: return .fail
            case .connected(let connection) where connection.isOpen: return .use(connection)
            case .connecting: return .wait(id: self.makeID())
            case .connected:
                self.backoff.lost(at: now, random: random)
                fallthrough
            case .none:
                self.phase = .connecting
                return .connect(at: self.backoff.notBefore)
            }
        }

        mutating func makeID() -> Int {
            self.nextID += 1
            return self.nextID
        }

        /// Lets somebody wait for the attempt; gives the outcome if there is nothing to wait for.
        mutating func wait(_ id: Int, _ continuation: CheckedContinuation<Outcome, Never>) -> Outcome? {
            if self.cancelledWaiters.remove(id) != nil { return .cancelled }
            // The attempt may have ended since; whatever it came to, looking again finds it.
            guard case .connecting = self.phase else { return .abandoned }
            self.waiters[id] = continuation
            return nil
        }

        mutating func cancel(_ id: Int) -> CheckedContinuation<Outcome, Never>? {
            let waiter = self.waiters.removeValue(forKey: id)
            if waiter == nil { self.cancelledWaiters.insert(id) }
            return waiter
        }

        /// Forgets somebody who has been told the outcome.
        mutating func leave(_ id: Int) {
            self.cancelledWaiters.remove(id)
        }

        /// Takes the result of the attempt; gives those who wait for it.
        mutating func finish(
            _ result: Result<RedisConnection, RedisError>,
            at now: Duration,
            random: Double
        ) -> (isWanted: Bool, waiters: [CheckedContinuation<Outcome, Never>]) {
            guard case .connecting = self.phase else { return (false, []) }
            switch result {
            case .success(let connection):
                self.phase = .connected(connection)
                self.lastError = nil
                self.backoff.connected(at: now)
            case .failure(let error):
                self.phase = .none
                if error.code != .cancelled {
                    self.lastError = error
                    self.backoff.failed(at: now, random: random)
                }
            }
            defer { self.waiters = [:] }
            return (true, Array(self.waiters.values))
        }

        mutating func close() -> (RedisConnection?, [CheckedContinuation<Outcome, Never>]) {
            defer {
                self.phase = .closed
                self.waiters = [:]
            }
            guard case .connected(let connection) = self.phase else { return (nil, Array(self.waiters.values)) }
            return (connection, [])
        }
    }

    /// The connection, made if there is none.
    func shared() async throws(RedisError) -> RedisConnection {
        while true {
            switch self.sharing.withLock({ $0.step(at: self.timing.now(), random: .random(in: 0..<1)) }) {
            case .use(let connection): return connection
            case .fail: throw self.closedError
            case .connect(let time): return try await self.makeShared(at: time)
            case .wait(let id):
                switch await self.outcome(for: id) {
                case .connected, .abandoned: continue
                case .failed(let error): throw error
                case .cancelled: throw self.cancelledError
                }
            }
        }
    }

    private var cancelledError: RedisError {
        RedisError(.cancelled, "the task was cancelled", server: self.configuration.connection.url.description)
    }

    private func makeShared(at time: Duration) async throws(RedisError) -> RedisConnection {
        let result = await self.attemptUnlessClosed(at: time)
        let (isWanted, waiters) = self.sharing.withLock {
            $0.finish(result, at: self.timing.now(), random: .random(in: 0..<1))
        }
        guard isWanted else {
            if case .success(let connection) = result { connection.close() }
            throw self.closedError
        }
        let outcome: Outcome =
            switch result {
            case .success: .connected
            case .failure(let error): error.code == .cancelled ? .abandoned : .failed(error)
            }
        for waiter in waiters { waiter.resume(returning: outcome) }
        return try result.get()
    }

    /// Who connects waits for the outcome as the others do, so that closing the client wakes everybody.
    private func attemptUnlessClosed(at time: Duration) async -> Result<RedisConnection, RedisError> {
        await withTaskGroup(of: Result<RedisConnection, RedisError>?.self) { group in
            group.addTask { await self.attempt(at: time) }
            group.addTask {
                _ = await self.outcome(for: self.sharing.withLock { $0.makeID() })
                return nil
            }
            var result = Result<RedisConnection, RedisError>.failure(self.cancelledError)
            for await end in group {
                if let end { result = end }
                group.cancelAll()
            }
            return result
        }
    }

    private func attempt(at time: Duration) async -> Result<RedisConnection, RedisError> {
        let wait = time - self.timing.now()
        do {
            if wait > .zero { try await self.timing.sleep(wait) }
        } catch {
            return .failure(self.cancelledError)
        }
        do {
            return .success(try await self.connect())
        } catch {
            return .failure(error)
        }
    }

    private func outcome(for id: Int) async -> Outcome {
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if let outcome = self.sharing.withLock({ $0.wait(id, continuation) }) {
                    continuation.resume(returning: outcome)
                }
            }
        } onCancel: {
            self.sharing.withLock { $0.cancel(id) }?.resume(returning: .cancelled)
        }
        self.sharing.withLock { $0.leave(id) }
        return outcome
    }
}
