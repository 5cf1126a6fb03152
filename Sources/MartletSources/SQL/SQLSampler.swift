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
        var members: ArraySlice<(topic: Topic, value: String)>

        /// The same in two halves.
        var halves: [Group] {
            let middle = self.members.startIndex + self.members.count / 2
            return [
                Group(others: self.others, members: self.members[..<middle]),
                Group(others: self.others, members: self.members[middle...]),
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
        var found: [Topic: Result<String, SourceProblem>] = [:]
        while !pending.isEmpty {
            let statements = pending.map { group in
                var values = group.members.map { SQLValue(variable: $0.value) }
                // A database keeps what it has prepared for each text; so there are few, whoever comes and goes.
                if engine.placeholders == .questionMarks, let last = values.last {
                    while values.count.nonzeroBitCount > 1 { values.append(last) }
                }
                return self.query.bound(
                    group.others.mapValues(SQLValue.init(variable:)),
                    list: (batch, values),
                    for: engine.placeholders
                )
            }
            var refused: [Group] = []
            for (group, result) in zip(pending, await engine.run(statements)) {
                if case .failure(let error) = result, error.code == .query, group.members.count > 1,
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
        return watches.map { found[$0.topic] ?? .failure(SourceProblem(.refused, "there is no \(batch) in the topic")) }
    }

    /// Hands rows out by the bytes of their batch's column: two names that Swift takes for equal are two users.
    private func note(
        _ result: Result<[SQLRow], SQLError>,
        of group: Group,
        by batch: String,
        in found: inout [Topic: Result<String, SourceProblem>]
    ) {
        let values = Set(group.members.lazy.map { Array($0.value.utf8) })
        let rows = result.map { Dictionary(grouping: $0) { $0.text(of: batch).map { Array($0.utf8) } } }
            .mapError(SourceProblem.init)
        // A database that compares loosely (case, padding, types) has found what nobody asked for by this name.
        var stranger: [UInt8]?
        if case .success(let rows) = rows {
            stranger = rows.keys.lazy.compactMap(\.self).first { !values.contains($0) }
        }
        for (topic, value) in group.members {
            found[topic] = rows.flatMap { rows in
                if rows[nil] != nil {
                    return .failure(
                        SourceProblem(.refused, "the query returns no column \"\(batch)\", by which it is batched")
                    )
                }
                if let own = rows[Array(value.utf8)] { return .success(self.value(of: own)) }
                if let stranger {
                    let text = String(decoding: stranger, as: UTF8.self)
                    return .failure(
                        SourceProblem(
                            .refused,
                            "the query returns \(batch) \(JSONText.quoted(text)), which is not asked for"
                        )
                    )
                }
                return .success(self.value(of: []))
            }
        }
    }

    private static func groups(of watches: [Watch], by batch: String) -> [Group] {
        var groups: [[UInt8]: (others: [String: String], members: [(topic: Topic, value: String)])] = [:]
        for watch in watches {
            var others = watch.variables
            guard let own = others.removeValue(forKey: batch) else { continue }
            var key: [UInt8] = []
            for (name, value) in others.sorted(by: { $0.key < $1.key }) {
                key += Array(name.utf8) + [0] + Array(value.utf8) + [0]
            }
            groups[key, default: (others, [])].members.append((watch.topic, own))
        }
        return groups.values.flatMap { others, all in
            stride(from: 0, to: all.count, by: self.maxBatch).map { start in
                Group(others: others, members: all[start..<min(all.count, start + self.maxBatch)])
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
