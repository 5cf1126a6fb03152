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

    private let makeEngine: @Sendable () throws(SQLError) -> any SQLEngine
    private let engine = Mutex<(any SQLEngine)?>(nil)
    let query: SQLTemplate
    /// Of the values that it is batched by.
    let verdicts = Mutex(SQLVerdicts())
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
        self.verdicts.withLock { $0 = SQLVerdicts() }
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

    func value(of rows: [SQLRow]) -> String {
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
