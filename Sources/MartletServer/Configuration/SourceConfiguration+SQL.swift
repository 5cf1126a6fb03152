import MartletSources

extension SourceConfiguration {
    static func readQuery(_ section: Section, variables: [String]) -> Query? {
        let database = section.required("database", as: .database)
        let text = section.required("query", as: .query)
        var rows = SQLSampler.Rows.first
        section.read("rows", into: &rows, as: .oneOf(SQLSampler.Rows.self))
        let batch = section.setting("batch", as: .variable)
        let wake = readWake(section, database)
        let polling = Polling(section)
        guard let database, let text else { return nil }
        reportUnknown(text, of: "query", among: variables, section)
        if let batch, !text.value.parameters.contains(batch.value) {
            section.report(
                .invalidValue,
                "the query has no :\(batch.value); it needs IN (:\(batch.value)), and \(batch.value) as a column",
                key: "batch",
                at: batch.origin
            )
        }
        return Query(
            database: Secret(database.resolved),
            text: text.value.text,
            returnsAllRows: rows == .all,
            batch: batch?.value,
            wake: wake,
            polling: polling
        )
    }

    /// The channel by which the database says that something has changed.
    static func readWake(_ section: Section, _ database: Setting<DatabaseURL>?) -> String? {
        var channel: Setting<String>?
        section.section("wake") { channel = $0.setting("listen", as: .channel) }
        guard let channel else { return nil }
        if let database, database.value.url.engine != .postgreSQL {
            section.report(
                .conflict,
                "only PostgreSQL says when something has changed; leave wake out, and the query is asked every so often",
                key: "wake",
                at: channel.origin
            )
        }
        return channel.value
    }

    /// Reports parameters of a query that the topic does not have as variables.
    static func reportUnknown(
        _ query: Setting<SQLTemplate>,
        of key: String,
        among variables: [String],
        _ section: Section
    ) {
        for name in query.value.parameters where !variables.contains(name) {
            let known = variables.isEmpty ? "it has none" : "it has \(variables.joined(separator: ", "))"
            section.report(
                .invalidValue,
                "the query's :\(name) is no variable of the topic (\(known)); write the topic with {\(name)}",
                key: key,
                at: query.origin
            )
        }
    }
}

extension ValueFormat<SQLTemplate> {
    static var query: Self {
        Self("an SQL query") { text throws(Refusal) in
            do throws(SQLError) {
                return try SQLTemplate(text)
            } catch {
                throw Refusal(.invalidValue, error.message)
            }
        }
    }
}

extension ValueFormat<String> {
    /// The name of a variable.
    fileprivate static var variable: Self {
        Self("the name of a variable of the topic") { text throws(Refusal) in
            text.isEmpty || !text.utf8.allSatisfy(\.isNameByte) ? nil : text
        }
    }

    /// A name after LISTEN; PostgreSQL cuts longer ones.
    fileprivate static var channel: Self {
        Self("the name of a channel, of 1 to 63 bytes") { text throws(Refusal) in
            (1...63).contains(text.utf8.count) && !text.utf8.contains(0) ? text : nil
        }
    }
}

/// Where a database is, and the text that says so.
struct DatabaseURL {
    let url: SQLURL
    /// It may hold a password.
    let text: String
}

extension Setting<DatabaseURL> {
    /// The URL, where a file's path starts at the configuration's folder.
    var resolved: String {
        guard self.value.url.engine == .sqlite, let path = self.value.url.database else { return self.value.text }
        return SQLURL(engine: .sqlite, database: self.origin.resolve(path: path)).description
    }
}

extension ValueFormat<DatabaseURL> {
    static var database: Self {
        Self("the URL of a database: sqlite:PATH, postgresql://… or mysql://…", isSecret: true) {
            text throws(Refusal) in
            do throws(SQLURLError) {
                return DatabaseURL(url: try SQLURL(text), text: text)
            } catch {
                throw Refusal(.invalidValue, error.message)
            }
        }
    }
}
