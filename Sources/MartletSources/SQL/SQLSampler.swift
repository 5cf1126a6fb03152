import Martlet
import Synchronization

/// Asks a database for the values of `sql` sources: a query per watch, or one for many.
package final class SQLSampler: Sampler {
    /// What of a query's rows is the value.
    package enum Rows: String, Sendable, CaseIterable {
        /// The first row as an object; `null` if there is none.
        case first
        /// All rows as an array.
        case all
    }

    /// The most watches that one batched query serves; databases bound how many parameters a query has.
    private static let maxBatch = 10_000
    /// How many more queries a tick may ask to find the values that a batch was refused for.
    private static let maxSplits = 64

    private let makeEngine: @Sendable () throws(SQLError) -> any SQLEngine
    private let engine = Mutex<(any SQLEngine)?>(nil)
    private let query: SQLTemplate
    private let rows: Rows
    /// The variable, and the column, by which one query serves many watches.
    private let batch: String?

    /// Makes a sampler; it has an engine while something is watched.
    ///
    /// - Parameters:
    ///   - batch: the variable that the query has in `IN (:name)` and returns as a column of that name.
    ///   - makeEngine: makes the engine.
    package init(
        query: SQLTemplate,
        rows: Rows = .first,
        batch: String? = nil,
        makeEngine: @escaping @Sendable () throws(SQLError) -> any SQLEngine
    ) {
        self.makeEngine = makeEngine
        self.query = query
        self.rows = rows
        self.batch = batch
    }

    package func sample(_ watches: [Watch]) async -> [Result<String, SourceProblem>] {
        let engine: any SQLEngine
        do throws(SQLError) {
            engine = try self.open()
        } catch {
            return watches.map { _ in .failure(SourceProblem(error)) }
        }
        if let batch { return await self.sample(watches, by: batch, on: engine) }
        let statements = watches.map { watch in
            self.query.bound(watch.variables.mapValues(SQLValue.init(variable:)), for: engine.placeholders)
        }
        return await engine.run(statements).map { result in
            result.map { self.value(of: $0) }.mapError(SourceProblem.init)
        }
    }

    package func close() async {
        // An engine that was closed stays so; the next look has a new one.
        let engine = self.engine.withLock { engine in
            defer { engine = nil }
            return engine
        }
        await engine?.close()
    }

    private func open() throws(SQLError) -> any SQLEngine {
        let result: Result<any SQLEngine, SQLError> = self.engine.withLock { engine in
            if let engine { return .success(engine) }
            do throws(SQLError) {
                let made = try self.makeEngine()
                engine = made
                return .success(made)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Watches that one query serves: they differ in nothing but the batch's variable.
    private struct Group {
        var others: [String: String]
        var values: ArraySlice<String>

        /// The same in two halves.
        var halves: [Group] {
            let middle = self.values.startIndex + self.values.count / 2
            return [
                Group(others: self.others, values: self.values[..<middle]),
                Group(others: self.others, values: self.values[middle...]),
            ]
        }
    }

    /// One query for as many watches as it may serve.
    ///
    /// A database may refuse a batch for one of its values, a word where it has numbers. So that nobody's topic takes the
    /// values of others away, a refused batch is halved until those are found.
    private func sample(
        _ watches: [Watch],
        by batch: String,
        on engine: any SQLEngine
    ) async -> [Result<String, SourceProblem>] {
        var pending = Self.groups(of: watches, by: batch)
        var splits = 0
        var found: [[String: String]: Result<String, SourceProblem>] = [:]
        while !pending.isEmpty {
            let statements = pending.map { group in
                self.query.bound(
                    group.others.mapValues(SQLValue.init(variable:)),
                    list: (batch, group.values.map(SQLValue.init(variable:))),
                    for: engine.placeholders
                )
            }
            var refused: [Group] = []
            for (group, result) in zip(pending, await engine.run(statements)) {
                if case .failure(let error) = result, error.code == .query, group.values.count > 1,
                    splits < Self.maxSplits
                {
                    splits += 1
                    refused += group.halves
                } else {
                    self.note(result, of: group, by: batch, in: &found)
                }
            }
            pending = refused
        }
        return watches.map {
            found[$0.variables] ?? .failure(SourceProblem(.refused, "there is no \(batch) in the topic"))
        }
    }

    private func note(
        _ result: Result<[SQLRow], SQLError>,
        of group: Group,
        by batch: String,
        in found: inout [[String: String]: Result<String, SourceProblem>]
    ) {
        let rows = result.map { Dictionary(grouping: $0) { $0.text(of: batch) } }.mapError(SourceProblem.init)
        for value in group.values {
            var variables = group.others
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

    private static func groups(of watches: [Watch], by batch: String) -> [Group] {
        var groups: [[String: String]: [String]] = [:]
        for watch in watches {
            var others = watch.variables
            if let own = others.removeValue(forKey: batch) { groups[others, default: []].append(own) }
        }
        return groups.flatMap { others, all in
            stride(from: 0, to: all.count, by: self.maxBatch).map { start in
                Group(others: others, values: all[start..<min(all.count, start + self.maxBatch)])
            }
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
