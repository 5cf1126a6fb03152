import Synchronization

/// Asks a database for a number per watch: the first column of a query's first row.
package final class SQLNumber: Sendable {
    private let url: SQLURL
    private let query: SQLTemplate
    private let engine = Mutex<(any SQLEngine)?>(nil)

    /// Connects when first asked.
    package init(_ url: SQLURL, query: SQLTemplate) {
        self.url = url
        self.query = query
    }

    func numbers(of watches: [Watch]) async -> [Result<Int64, SourceProblem>] {
        let opened: Result<any SQLEngine, SQLError> = self.engine.withLock { engine in
            if let engine { return .success(engine) }
            do throws(SQLError) {
                let made = try self.url.makeEngine()
                engine = made
                return .success(made)
            } catch {
                return .failure(error)
            }
        }
        guard case .success(let engine) = opened else {
            return watches.map { _ in opened.flatMap { _ in .success(0) }.mapError(SourceProblem.init) }
        }
        let statements = watches.map { watch in
            self.query.bound(watch.variables.mapValues(SQLValue.init(variable:)), for: engine.placeholders)
        }
        return await engine.run(statements).map { result in
            result.mapError(SourceProblem.init).flatMap { rows in
                guard let value = rows.first?.columns.first?.value else { return .success(0) }
                if case .integer(let number) = value { return .success(number) }
                if case .null = value { return .success(0) }
                if let number = Int64(value.json) { return .success(number) }
                return .failure(SourceProblem(.refused, "the query of start returns \(value.json), no whole number"))
            }
        }
    }

    func close() async {
        let engine = self.engine.withLock { engine in
            defer { engine = nil }
            return engine
        }
        await engine?.close()
    }
}
