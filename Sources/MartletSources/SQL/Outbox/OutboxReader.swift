/// Reads the table of an outbox: which rows are next, and what they hold.
///
/// First the keys and sizes of what is new, then the rows that fit; so however large they are, memory is bounded.
struct OutboxReader: Sendable {
    /// A row that is next.
    struct Found: Sendable {
        var key: Int64
        var content: Result<SQLRow, OutboxRowFormat.Refusal>
    }

    /// What a look found.
    struct Page: Sendable {
        /// Rows with keys that were missing, which others may have published late, then the next ones; each upwards.
        var found: [Found] = []
        /// The first key that has to wait for those before it.
        var waiting: Int64?
        /// There is more, to be looked for at once.
        var hasMore = false
        /// Of the keys that were missing there are more.
        var hasMoreLate = false
    }

    private struct Size {
        var key: Int64
        var bytes: Int64
    }

    let queries: OutboxQueries
    /// The key's column, in messages.
    let keyName: String
    /// The database and table, in messages.
    let place: String

    /// Looks for what is next after a position.
    ///
    /// - Parameter asksForMissing: whether the position's missing keys are asked for too.
    func page<Instant>(
        after position: OutboxPosition,
        asksForMissing: Bool,
        marks: inout OutboxMarks<Instant>,
        now: () -> Instant,
        on engine: any SQLEngine
    ) async throws(SQLError) -> Page {
        var statements = [self.queries.sizes(after: position.through)]
        if marks.isWaiting { statements.append(self.queries.newest) }
        let gapStart = statements.count
        if asksForMissing {
            for start in stride(from: 0, to: position.gaps.count, by: OutboxQueries.maxRanges) {
                let end = min(position.gaps.count, start + OutboxQueries.maxRanges)
                statements.append(self.queries.sizes(in: position.gaps[start..<end]))
            }
        }
        let answers = try await self.run(statements, on: engine)
        let next = try self.sizes(answers[0])
        if marks.isWaiting {
            if let key = try answers[1].first.flatMap({ row throws(SQLError) in try self.key(row) }) {
                marks.note(key, at: now())
            }
            if let key = next.last?.key { marks.note(key, at: now()) }
        }
        var late: [Size] = []
        var isLateFull = false
        for answer in answers[gapStart...] {
            isLateFull = isLateFull || answer.count >= OutboxQueries.pageSize
            late += try self.sizes(answer)
        }
        let plan = self.plan(late: late, next: next, after: position, isSettled: { marks.isSettled($0) })
        var page = try await self.page(plan, on: engine)
        let planned = Set(plan.keys)
        page.hasMoreLate = !page.found.isEmpty && (isLateFull || late.contains { !planned.contains($0.key) })
        return page
    }

    /// Which keys there are, for a start behind them: the highest, with those that are missing just below it.
    func end(now: Int64, on engine: any SQLEngine) async throws(SQLError) -> OutboxPosition {
        var keys: [Int64] = []
        for row in try await self.run([self.queries.newestKeys], on: engine)[0] {
            if let key = try self.key(row), key > 0 { keys.append(key) }
        }
        var position = OutboxPosition()
        // Below them there may be rows; of keys among them, and of those below if there are none, it is known.
        if keys.count == OutboxQueries.pageSize { position = OutboxPosition(through: keys.last ?? 0, gaps: []) }
        for key in keys.reversed() where key > position.through { position.advance(to: key, at: now) }
        return position
    }

    /// A sentence about a row whose key can be no update's id, if there is one.
    func strayKey(on engine: any SQLEngine) async throws(SQLError) -> String? {
        guard let row = try await self.run([self.queries.strayKey], on: engine)[0].first else { return nil }
        let key = try self.key(row).map { "is \($0)" } ?? "is NULL"
        return "\(self.place): the \(self.keyName) of a row \(key), which is not published; keys are numbers from 1"
    }

    private struct Plan {
        var keys: [Int64] = []
        var tooLarge: [Int64: Int64] = [:]
        var bytes: Int64 = 0
        var waiting: Int64?
        var hasMore = false

        /// False if it is one too many.
        mutating func add(_ size: Size) -> Bool {
            let isTooLarge = size.bytes > OutboxRowFormat.maxBytes
            // Rows with the same key come together, or not at all.
            if self.keys.last == size.key {
                if isTooLarge { self.tooLarge[size.key] = size.bytes } else { self.bytes += size.bytes }
                return true
            }
            if self.keys.count >= OutboxQueries.pageSize
                || !isTooLarge && self.bytes > 0 && self.bytes + size.bytes > OutboxRowFormat.maxBytes
            {
                self.hasMore = true
                return false
            }
            self.keys.append(size.key)
            if isTooLarge { self.tooLarge[size.key] = size.bytes } else { self.bytes += size.bytes }
            return true
        }
    }

    private func plan(
        late: [Size],
        next: [Size],
        after position: OutboxPosition,
        isSettled: (Int64) -> Bool
    ) -> Plan {
        var plan = Plan()
        for size in late where position.isMissing(size.key) {
            guard plan.add(size) else { return plan }
        }
        var through = position.through
        for size in next where size.key > through || size.key == plan.keys.last {
            guard size.key <= through + 1 || isSettled(size.key) else {
                plan.waiting = size.key
                return plan
            }
            guard plan.add(size) else { return plan }
            through = size.key
        }
        if next.count == OutboxQueries.pageSize { plan.hasMore = true }
        return plan
    }

    private func page(_ plan: Plan, on engine: any SQLEngine) async throws(SQLError) -> Page {
        var page = Page(waiting: plan.waiting, hasMore: plan.hasMore)
        let wanted = plan.keys.filter { plan.tooLarge[$0] == nil }
        var rows: [Int64: [SQLRow]] = [:]
        if !wanted.isEmpty {
            for row in try await self.run([self.queries.rows(of: wanted)], on: engine)[0] {
                if let key = try self.key(row) { rows[key, default: []].append(row) }
            }
        }
        for key in plan.keys {
            if let bytes = plan.tooLarge[key] {
                let reason = "it has \(bytes) bytes; at most \(OutboxRowFormat.maxBytes) are published"
                page.found.append(Found(key: key, content: .failure(OutboxRowFormat.Refusal(reason: reason))))
                continue
            }
            // One that was deleted meanwhile is missing.
            for (number, row) in (rows[key] ?? []).enumerated() {
                let content: Result<SQLRow, OutboxRowFormat.Refusal> =
                    number == 0 ? .success(row) : .failure(.init(reason: "another row has the same \(self.keyName)"))
                page.found.append(Found(key: key, content: content))
            }
        }
        if page.found.isEmpty { page.hasMore = false }
        return page
    }

    /// All answers, or why one of them is none.
    private func run(_ statements: [SQLStatement], on engine: any SQLEngine) async throws(SQLError) -> [[SQLRow]] {
        var answers: [[SQLRow]] = []
        for result in await engine.run(statements) {
            do throws(SQLError) {
                answers.append(try result.get())
            } catch {
                throw await self.explained(error, on: engine)
            }
        }
        guard answers.count == statements.count else { throw SQLError(.unavailable, "\(self.place): no answer") }
        return answers
    }

    /// If the table and its columns are there, it is the key that can't be compared with a number.
    private func explained(_ error: SQLError, on engine: any SQLEngine) async -> SQLError {
        guard error.code == .query, let answer = await engine.run([self.queries.nothing]).first else { return error }
        if case .failure(let cause) = answer { return cause }
        return SQLError(.query, "\(error.message); the column \(self.keyName) must hold integers")
    }

    private func sizes(_ rows: [SQLRow]) throws(SQLError) -> [Size] {
        var sizes: [Size] = []
        for row in rows {
            guard let key = try self.key(row) else { continue }
            guard row.columns.count == 2, case .integer(let bytes) = row.columns[1].value else {
                throw SQLError(.query, "\(self.place): the size of the row \(key) is no number")
            }
            sizes.append(Size(key: key, bytes: bytes))
        }
        return sizes
    }

    /// The key of a row, or nil if it is NULL.
    private func key(_ row: SQLRow) throws(SQLError) -> Int64? {
        switch row.columns.first?.value {
        case .integer(let key): return key
        case .null: return nil
        default:
            throw SQLError(
                .query,
                "\(self.place): the column \(self.keyName) holds something that is no integer, which a key must be"
            )
        }
    }
}
