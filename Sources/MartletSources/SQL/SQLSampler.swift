import Martlet

/// Asks a database for the values of `sql` sources: a query per watch, or one for many.
package struct SQLSampler: Sampler {
    /// What of a query's rows is the value.
    package enum Rows: String, Sendable, CaseIterable {
        /// The first row as an object; `null` if there is none.
        case first
        /// All rows as an array.
        case all
    }

    /// The most watches that one batched query serves; databases bound how many parameters a query has.
    private static let maxBatch = 10_000

    private let engine: any SQLEngine
    private let query: SQLTemplate
    private let rows: Rows
    /// The variable, and the column, by which one query serves many watches.
    private let batch: String?

    /// Makes a sampler.
    ///
    /// - Parameters:
    ///   - batch: the variable that the query has in `IN (:name)` and returns as a column of that name.
    package init(engine: any SQLEngine, query: SQLTemplate, rows: Rows = .first, batch: String? = nil) {
        self.engine = engine
        self.query = query
        self.rows = rows
        self.batch = batch
    }

    package func sample(_ watches: [Watch]) async -> [Result<String, SourceProblem>] {
        if let batch { return await self.sample(watches, by: batch) }
        let statements = watches.map { watch in
            self.query.bound(watch.variables.mapValues(SQLValue.init(variable:)), for: self.engine.placeholders)
        }
        return await self.engine.run(statements).map { result in
            result.map { self.value(of: $0) }.mapError(SourceProblem.init)
        }
    }

    package func close() async {
        await self.engine.close()
    }

    /// One query for all watches that differ in nothing but the batch's variable.
    private func sample(_ watches: [Watch], by batch: String) async -> [Result<String, SourceProblem>] {
        var groups: [[String: String]: [String]] = [:]
        for watch in watches {
            var others = watch.variables
            if let own = others.removeValue(forKey: batch) { groups[others, default: []].append(own) }
        }
        var statements: [SQLStatement] = []
        var members: [(others: [String: String], values: ArraySlice<String>)] = []
        for (others, all) in groups {
            for start in stride(from: 0, to: all.count, by: Self.maxBatch) {
                let values = all[start..<min(all.count, start + Self.maxBatch)]
                members.append((others, values))
                statements.append(
                    self.query.bound(
                        others.mapValues(SQLValue.init(variable:)),
                        list: (batch, values.map(SQLValue.init(variable:))),
                        for: self.engine.placeholders
                    )
                )
            }
        }
        var found: [[String: String]: Result<String, SourceProblem>] = [:]
        for ((others, values), result) in zip(members, await self.engine.run(statements)) {
            let rows = result.map { Dictionary(grouping: $0) { $0.text(of: batch) } }.mapError(SourceProblem.init)
            for value in values {
                var variables = others
                variables[batch] = value
                found[variables] = rows.flatMap { rows in
                    if rows[nil] != nil {
                        return .failure(
                            SourceProblem(.refused, "the query returns no column \"\(batch)\", by which it is batched")
                        )
                    }
                    return .success(self.value(of: rows[value] ?? []))
                }
            }
        }
        return watches.map {
            found[$0.variables] ?? .failure(SourceProblem(.refused, "there is no \(batch) in the topic"))
        }
    }

    private func value(of rows: [SQLRow]) -> String {
        switch self.rows {
        case .first: rows.first?.json(without: self.batch) ?? "null"
        case .all: "[" + rows.map { $0.json(without: self.batch) }.joined(separator: ",") + "]"
        }
    }
}

extension SQLValue {
    /// A variable of a topic: a whole number as such, so that it also equals a column that has no type.
    package init(variable text: String) {
        if let number = Int64(text), String(number) == text { self = .integer(number) } else { self = .text(text) }
    }
}

extension SourceProblem {
    init(_ error: SQLError) {
        self.init(error.code == .unavailable ? .unavailable : .refused, error.message)
    }
}
