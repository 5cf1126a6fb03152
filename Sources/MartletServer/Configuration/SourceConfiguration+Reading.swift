import Martlet
import MartletRedis
import MartletSources

extension SourceConfiguration {
    /// The words for `kind`.
    private enum KindName: String, CaseIterable {
        case clock
        case command
        case file
        case http
        case redisValue = "redis-value"
        case sql
        case system

        /// Whether its topic may be a template, so that it has a watch for each topic that somebody looks at.
        var takesTemplate: Bool { [.http, .redisValue, .sql].contains(self) }
    }

    /// Reads the mapping of names to sources.
    static func readAll(_ section: Section) -> [SourceConfiguration] {
        var sources: [SourceConfiguration] = []
        var holders: [String: SourceConfiguration] = [:]
        section.eachSection { name, section in
            guard (1...64).contains(name.utf8.count), name.utf8.allSatisfy(\.isNameByte) else {
                section.acceptAnyKey()
                section.report(.invalidValue, "the name of a source is 1 to 64 letters, digits, _ and -")
                return
            }
            let topic = section.required("topic", as: .topic)
            if let topic, let holder = holders[topic.value] {
                let line = holder.location?.line.map { " (line \($0))" } ?? ""
                section.report(
                    .conflict,
                    "\(holder.name)\(line) and \(name) both publish to \(topic.value.quoted); give each its own topic",
                    key: "topic",
                    at: topic.origin
                )
            }
            guard let source = read(section, name: name, topic: topic?.value) else { return }
            if holders[source.topic] == nil { holders[source.topic] = source }
            sources.append(source)
        }
        return sources
    }

    /// Reads the rest even without a topic, so that all of its problems are told at once.
    private static func read(_ section: Section, name: String, topic: String?) -> SourceConfiguration? {
        guard let kind = section.required("kind", as: .oneOf(KindName.self)) else {
            // Which keys belong here depends on the kind.
            section.acceptAnyKey()
            return nil
        }
        var isPublic = false
        section.read("public", into: &isPublic, as: .boolean)
        let variables = topic.flatMap { try? URITemplate($0).variableNames } ?? []
        if !kind.value.takesTemplate, !variables.isEmpty {
            section.report(
                .invalidValue,
                "a \(kind.value.rawValue) has one topic; leave the {…} out of it",
                key: "topic"
            )
        }
        guard let kind = read(kind.value, section, variables: variables), let topic else { return nil }
        return SourceConfiguration(
            name: name,
            kind: kind,
            topic: topic,
            isPublic: isPublic,
            location: section.location
        )
    }

    /// - Parameter variables: those of the topic.
    private static func read(_ kind: KindName, _ section: Section, variables: [String]) -> Kind? {
        switch kind {
        case .clock:
            var every = Duration.seconds(1)
            section.read("every", into: &every, as: .duration(.milliseconds(10) ... .seconds(86_400)))
            return .clock(every: every)
        case .file:
            let path = section.required("path", as: .path)
            var lineLimit = 64 << 10
            section.read("line-limit", into: &lineLimit, as: .size(16...16 << 20))
            return path.map { .file(path: $0.origin.resolve(path: $0.value), lineLimit: lineLimit) }
        case .sql: return readQuery(section, variables: variables).map { .sql($0) }
        case .redisValue: return readRedisValue(section, variables: variables)
        case .http: return readHTTP(section, variables: variables)
        case .system:
            var path = "/"
            section.read("path", into: &path, as: .path)
            return .system(path: path, polling: Polling(section))
        case .command: return readCommand(section)
        }
    }

    private static func readRedisValue(_ section: Section, variables: [String]) -> Kind? {
        let redis = section.required("redis", as: .redis)
        let key = section.required("key", as: .redisKey)
        let polling = Polling(section)
        guard let redis, let key else { return nil }
        reportUnknown(key.value.template.variables, of: "key", among: variables, section, key.origin)
        return .redisValue(redis: redis.value, key: key.value.text, polling: polling)
    }

    private static func readHTTP(_ section: Section, variables: [String]) -> Kind? {
        let url = section.required("url", as: .urlTemplate)
        let headers = section.list("headers", of: .header) ?? []
        var timeout = Duration.seconds(10)
        section.read("timeout", into: &timeout, as: .duration(.milliseconds(100) ... .seconds(300)))
        var bodyLimit = 1 << 20
        section.read("body-limit", into: &bodyLimit, as: .size(1 << 10...16 << 20))
        let polling = Polling(section)
        guard let url else { return nil }
        reportUnknown(url.value.template.variables, of: "url", among: variables, section, url.origin)
        return .http(
            url: url.value.text,
            headers: headers.map(\.value),
            timeout: timeout,
            bodyLimit: bodyLimit,
            polling: polling
        )
    }

    private static func readCommand(_ section: Section) -> Kind? {
        let run = section.list("run", of: .argument)
        let shell = section.setting("shell", as: .argument)
        var linger = Duration.seconds(10)
        section.read("linger", into: &linger, as: .duration(.zero ... .seconds(86_400)))
        var lineLimit = 64 << 10
        section.read("line-limit", into: &lineLimit, as: .size(16...16 << 20))
        switch (run, shell) {
        case (let run?, nil) where !run.isEmpty:
            return .command(arguments: run.map(\.value), linger: linger, lineLimit: lineLimit)
        case (nil, let shell?):
            return .command(arguments: CommandOptions.shell(shell.value), linger: linger, lineLimit: lineLimit)
        case (_?, _?):
            section.report(.conflict, "give either run, a program and its arguments, or shell, a line for sh")
        default:
            section.report(
                .missingKey,
                "required: a program and its arguments, like [vmstat, \"1\"], or shell",
                key: "run"
            )
        }
        return nil
    }

    /// Reports variables that the topic does not have.
    private static func reportUnknown(
        _ used: [String],
        of key: String,
        among variables: [String],
        _ section: Section,
        _ origin: ConfigurationOrigin
    ) {
        for name in used where !variables.contains(name) {
            let known = variables.isEmpty ? "it has none" : "it has \(variables.joined(separator: ", "))"
            section.report(
                .invalidValue,
                "{\(name)} is no variable of the topic (\(known)); write the topic with {\(name)}",
                key: key,
                at: origin
            )
        }
    }

    /// The URL, where a file's path starts at the configuration's folder.
    private static func resolved(_ database: Setting<DatabaseURL>) -> String {
        guard database.value.url.engine == .sqlite, let path = database.value.url.database else {
            return database.value.text
        }
        return SQLURL(engine: .sqlite, database: database.origin.resolve(path: path)).description
    }

    private static func readQuery(_ section: Section, variables: [String]) -> Query? {
        let database = section.required("database", as: .database)
        let text = section.required("query", as: .query)
        var rows = SQLSampler.Rows.first
        section.read("rows", into: &rows, as: .oneOf(SQLSampler.Rows.self))
        let batch = section.setting("batch", as: .variable)
        let polling = Polling(section)
        guard let database, let text else { return nil }
        for name in text.value.parameters where !variables.contains(name) {
            let known = variables.isEmpty ? "it has none" : "it has \(variables.joined(separator: ", "))"
            section.report(
                .invalidValue,
                "the query's :\(name) is no variable of the topic (\(known)); write the topic with {\(name)}",
                key: "query",
                at: text.origin
            )
        }
        if let batch, !text.value.parameters.contains(batch.value) {
            section.report(
                .invalidValue,
                "the query has no :\(batch.value); it needs IN (:\(batch.value)), and \(batch.value) as a column",
                key: "batch",
                at: batch.origin
            )
        }
        return Query(
            database: Secret(Self.resolved(database)),
            text: text.value.text,
            returnsAllRows: rows == .all,
            batch: batch?.value,
            polling: polling
        )
    }
}

extension SourceConfiguration.Polling {
    private enum Emission: String, CaseIterable {
        case changed
        case always
    }

    init(_ section: Section) {
        self.init()
        section.read("every", into: &every, as: .duration(.milliseconds(50) ... .seconds(86_400)))
        section.read("linger", into: &linger, as: .duration(.zero ... .seconds(86_400)))
        var emission = Emission.changed
        section.read("emit", into: &emission, as: .oneOf(Emission.self))
        emitsAlways = emission == .always
    }
}

extension ValueFormat<SQLTemplate> {
    fileprivate static var query: Self {
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
    /// A topic, or a template of topics.
    fileprivate static var topic: Self {
        Self("a topic of 1 to 1024 bytes without control characters") { text throws(Refusal) in
            guard (1...1024).contains(text.utf8.count) else { return nil }
            let hasControl = text.unicodeScalars.contains { $0.properties.generalCategory == .control }
            guard !hasControl, text != "*" else { return nil }
            do throws(UpdateError) {
                _ = try Selector(text)
            } catch {
                throw Refusal(.invalidValue, error.message)
            }
            return text
        }
    }

    /// The name of a variable.
    fileprivate static var variable: Self {
        Self("the name of a variable of the topic") { text throws(Refusal) in
            text.isEmpty || !text.utf8.allSatisfy(\.isNameByte) ? nil : text
        }
    }
}

/// What was read, and the text that says so.
private struct Read<Template> {
    let template: Template
    let text: String
}

extension ValueFormat<Secret> {
    fileprivate static var redis: Self {
        Self("the URL of a Redis server like redis://127.0.0.1:6379", isSecret: true) { text throws(Refusal) in
            do throws(RedisError) {
                _ = try RedisURL(text)
                return Secret(text)
            } catch {
                throw Refusal(.invalidValue, error.message)
            }
        }
    }

    fileprivate static var header: Self {
        Self("a header field like \"Accept: application/json\"", isSecret: true) { text throws(Refusal) in
            guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")), colon != text.startIndex else { return nil }
            return Secret(text)
        }
    }
}

extension ValueFormat<Read<RedisKeyTemplate>> {
    fileprivate static var redisKey: Self {
        Self("a key like counter:{user_id}") { text throws(Refusal) in
            do throws(SourceProblem) {
                return Read(template: try RedisKeyTemplate(text), text: text)
            } catch {
                throw Refusal(.invalidValue, error.message)
            }
        }
    }
}

extension ValueFormat<Read<HTTPURLTemplate>> {
    fileprivate static var urlTemplate: Self {
        Self("a URL like https://example.com/weather/{city}") { text throws(Refusal) in
            do throws(SourceProblem) {
                return Read(template: try HTTPURLTemplate(text), text: text)
            } catch {
                throw Refusal(.invalidValue, error.message)
            }
        }
    }
}

extension ValueFormat<String> {
    /// One argument of a program.
    fileprivate static var argument: Self {
        Self("text") { text throws(Refusal) in text.isEmpty || text.utf8.contains(0) ? nil : text }
    }
}

/// Where a database is, and the text that says so.
private struct DatabaseURL {
    let url: SQLURL
    /// It may hold a password.
    let text: String
}

extension ValueFormat<DatabaseURL> {
    fileprivate static var database: Self {
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
