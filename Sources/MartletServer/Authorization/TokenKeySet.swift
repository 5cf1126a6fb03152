import Foundation

/// The keys of a JWK set that lives elsewhere, kept for a while. Owned by a ``TokenVerifier``.
actor TokenKeySet {
    /// After how many seconds keys are fetched anew.
    static let freshness = 600.0
    /// How many seconds lie between two fetches that tokens cause, whatever is in them.
    static let interval = 10.0

    private let algorithm: TokenAlgorithm?
    private let now: @Sendable () -> Date
    private let report: @Sendable (TokenKeyError) -> Void
    private let fetch: @Sendable () async throws -> String

    /// What was fetched last; `nil` if nothing ever was.
    private var keys: [TokenKey]?
    /// When the fetch began that `keys` came from.
    private var fetched = Date.distantPast
    /// When the latest fetch began.
    private var tried = Date.distantPast
    /// Whether the latest fetch that ended was a failure.
    private var isFailing = false
    /// The fetch that everybody waits for. It belongs to the set: were it a part of one caller's task, the others' fetch
    /// would end with that one's connection. It is over when the fetch is.
    private var running: Task<Result<Void, TokenKeyError>, Never>?

    init(
        algorithm: TokenAlgorithm?,
        now: @escaping @Sendable () -> Date,
        report: @escaping @Sendable (TokenKeyError) -> Void,
        fetch: @escaping @Sendable () async throws -> String
    ) {
        self.algorithm = algorithm
        self.now = now
        self.report = report
        self.fetch = fetch
    }

    /// Fetches the keys, however long ago that was done last: of what they were a moment ago nothing more counts.
    func refresh() async throws(TokenKeyError) {
        _ = await self.running?.value
        try await self.outcome().get()
    }

    /// The key that verifies a token with this `alg` and `kid`. Who asks for one that is not there has the set fetched
    /// anew, for it may have been put there since, but no more often than once in ``interval``.
    func key(_ algorithm: TokenAlgorithm, id: String?) async throws(TokenError) -> TokenKey {
        if let only = self.algorithm, only != algorithm {
            throw TokenError(.wrongAlgorithm, "The token must be signed with \(only.rawValue).")
        }
        let now = self.now()
        if self.keys?.isEmpty ?? true || !self.isRecent(self.fetched, within: Self.freshness, of: now) {
            await self.fetchIfDue()
        }
        if let id, let keys = self.keys, !keys.contains(where: { $0.isCalled(id) }) {
            await self.fetchIfDue()
        }
        guard let keys = self.keys else {
            throw TokenError(.unavailable, "The keys that tokens are verified with can't be fetched now.")
        }
        return try self.choose(from: keys, algorithm, id: id)
    }

    private func choose(
        from keys: [TokenKey],
        _ algorithm: TokenAlgorithm,
        id: String?
    ) throws(TokenError) -> TokenKey {
        let named = id.map { id in keys.filter { $0.isCalled(id) } } ?? keys
        if named.isEmpty {
            throw self.isFailing
                ? TokenError(.unavailable, "The token's key is not known, and keys can't be fetched now.")
                : TokenError(.unknownKey, "The token's key is not known.")
        }
        let usable = named.filter { $0.algorithm == algorithm }
        guard let key = usable.first else {
            throw TokenError(.wrongAlgorithm, "The token's key is not for \(algorithm.rawValue).")
        }
        guard id != nil || usable.count == 1 else {
            throw TokenError(.unknownKey, "The token must name its key in \"kid\", since there are several.")
        }
        return key
    }

    /// Waits for the fetch that is under way, else begins one unless the latest was a moment ago.
    private func fetchIfDue() async {
        guard self.running != nil || !self.isRecent(self.tried, within: Self.interval, of: self.now()) else { return }
        _ = await self.outcome()
    }

    /// How the fetch under way ends, or else a new one.
    private func outcome() async -> Result<Void, TokenKeyError> {
        if let running = self.running { return await running.value }
        let start = self.now()
        self.tried = start
        let task = Task { await self.fetchOnce(start) }
        self.running = task
        return await task.value
    }

    private func fetchOnce(_ start: Date) async -> Result<Void, TokenKeyError> {
        let result: Result<(keys: [TokenKey], lack: TokenKeyError?), TokenKeyError>
        do {
            result = .success(try await TokenKey.set(try await self.fetch(), algorithm: self.algorithm))
        } catch let error as TokenKeyError {
            result = .failure(error)
        } catch {
            result = .failure(TokenKeyError("The key set can't be fetched: \(error)"))
        }
        self.running = nil
        switch result {
        case .success((let keys, let lack)):
            // Also if there are none: the issuer has withdrawn them.
            self.keys = keys
            self.fetched = start
            self.isFailing = false
            guard let lack else { return .success(()) }
            self.report(lack)
            return .failure(lack)
        case .failure(let error):
            // What was fetched before still holds: an issuer that is down for a while locks nobody out.
            self.isFailing = true
            self.report(error)
            return .failure(error)
        }
    }

    /// A clock that was set back makes the past the future; that is not recent, or it would be for years.
    private func isRecent(_ date: Date, within seconds: Double, of now: Date) -> Bool {
        abs(now.timeIntervalSince(date)) < seconds
    }
}

extension TokenKey {
    fileprivate func isCalled(_ id: String) -> Bool {
        self.id?.utf8.elementsEqual(id.utf8) ?? false
    }
}
