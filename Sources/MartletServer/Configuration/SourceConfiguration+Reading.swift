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
        case redisChannel = "redis-channel"
        case redisQueue = "redis-queue"
        case redisStream = "redis-stream"
        case redisValue = "redis-value"
        case sql
        case sqlOutbox = "sql-outbox"
        case system

        /// Whether its topic may be a template, so that it has a watch for each topic that somebody looks at.
        var takesTemplate: Bool { ![.clock, .command, .file, .system].contains(self) }
        /// Whether it publishes items, which newcomers may be sent some of.
        var hasItems: Bool {
            [.command, .file, .redisChannel, .redisQueue, .redisStream, .sqlOutbox].contains(self)
        }
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
            let kind = section.required("kind", as: .oneOf(KindName.self))?.value
            // The rows of an outbox may name their topics themselves.
            let topic =
                kind == .sqlOutbox ? section.setting("topic", as: .topic) : section.required("topic", as: .topic)
            if let topic, let holder = holders[topic.value] {
                let line = holder.location?.line.map { " (line \($0))" } ?? ""
                section.report(
                    .conflict,
                    "\(holder.name)\(line) and \(name) both publish to \(topic.value.quoted); give each its own topic",
                    key: "topic",
                    at: topic.origin
                )
            }
            guard let kind else {
                // Which keys belong here depends on the kind.
                section.acceptAnyKey()
                return
            }
            guard let source = read(kind, section, name: name, topic: topic?.value) else { return }
            if let topic = source.topic, holders[topic] == nil { holders[topic] = source }
            sources.append(source)
        }
        return sources
    }

    /// Reads the rest even without a topic, so that all of its problems are told at once.
    private static func read(
        _ kind: KindName,
        _ section: Section,
        name: String,
        topic: String?
    ) -> SourceConfiguration? {
        var isPublic = false
        section.read("public", into: &isPublic, as: .boolean)
        let variables = topic.flatMap { try? URITemplate($0).variableNames } ?? []
        if kind == .file {
            if variables.contains(where: { $0 != FileTopics.variable }) {
                section.report(
                    .invalidValue,
                    "a file's topic may have the one variable {\(FileTopics.variable)}, for its name",
                    key: "topic"
                )
            }
        } else if !kind.takesTemplate, !variables.isEmpty {
            section.report(
                .invalidValue,
                "a \(kind.rawValue) has one topic; leave the {…} out of it",
                key: "topic"
            )
        }
        var backlog = 0
        if kind.hasItems { section.read("backlog", into: &backlog, as: .integer(0...1000)) }
        guard let made = read(kind, section, name: name, topic: topic, variables: variables) else { return nil }
        // What is required and missing was reported.
        if topic == nil, kind != .sqlOutbox { return nil }
        if backlog > 0, case .redisQueue(_, _, _?, _) = made {
            section.report(.conflict, "a counter has one value, which newcomers are sent anyway", key: "backlog")
        }
        return SourceConfiguration(
            name: name,
            kind: made,
            topic: topic,
            isPublic: isPublic,
            backlog: backlog,
            location: section.location
        )
    }

    /// - Parameter variables: those of the topic.
    private static func read(_ kind: KindName, _ section: Section, name: String, topic: String?, variables: [String])
        -> Kind?
    {
        switch kind {
        case .clock:
            var every = Duration.seconds(1)
            section.read("every", into: &every, as: .duration(.milliseconds(10) ... .seconds(86_400)))
            return .clock(every: every)
        case .file:
            let path = section.required("path", as: .filePattern)
            var lineLimit = 64 << 10
            section.read("line-limit", into: &lineLimit, as: .size(16...16 << 20))
            return path.map { .file(path: $0.origin.resolve(pattern: $0.value), lineLimit: lineLimit) }
        case .sqlOutbox: return readOutbox(section, topic: topic, variables: variables)
        case .sql: return readQuery(section, variables: variables).map { .sql($0) }
        case .redisChannel: return readRedisChannel(section, variables: variables)
        case .redisQueue: return readRedisQueue(section, name: name, variables: variables)
        case .redisStream: return readRedisStream(section, variables: variables)
        case .redisValue: return readRedisValue(section, variables: variables)
        case .http: return readHTTP(section, variables: variables)
        case .system:
            var path = "/"
            section.read("path", into: &path, as: .path)
            return .system(path: path, polling: Polling(section))
        case .command: return readCommand(section)
        }
    }

    /// Reports variables that the topic does not have.
    static func reportUnknown(
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

}

extension SourceConfiguration.Polling {
    private enum Emission: String, CaseIterable {
        case changed
        case always
    }

    /// - Parameter emits: whether it can be said what is published.
    init(_ section: Section, emits: Bool = true) {
        self.init()
        section.read("every", into: &every, as: .duration(.milliseconds(50) ... .seconds(86_400)))
        section.read("linger", into: &linger, as: .duration(.zero ... .seconds(86_400)))
        guard emits else { return }
        var emission = Emission.changed
        section.read("emit", into: &emission, as: .oneOf(Emission.self))
        emitsAlways = emission == .always
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
}

extension ValueFormat<String> {
    /// The path of a file, or a pattern of files.
    fileprivate static var filePattern: Self {
        Self("the path of a file, or a pattern like logs/*.log") { text throws(Refusal) in
            do throws(FilePatternError) {
                return try FilePattern(text).description
            } catch {
                throw Refusal(.invalidValue, error.message)
            }
        }
    }
}

/// What was read, and the text that says so.
struct Read<Template> {
    let template: Template
    let text: String
}
