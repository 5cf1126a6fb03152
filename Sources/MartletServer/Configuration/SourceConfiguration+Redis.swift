import MartletRedis
import MartletSources

extension SourceConfiguration {
    static func readRedisValue(_ section: Section, variables: [String]) -> Kind? {
        let redis = section.required("redis", as: .redis)
        let key = section.required("key", as: .redisKey)
        var notifies = false
        section.read("notify", into: &notifies, as: .boolean)
        let polling = Polling(section)
        guard let redis, let key else { return nil }
        reportUnknown(key.value.template.variables, of: "key", among: variables, section, key.origin)
        return .redisValue(redis: redis.value, key: key.value.text, notifies: notifies, polling: polling)
    }

    static func readRedisQueue(_ section: Section, name: String, variables: [String]) -> Kind? {
        let redis = section.required("redis", as: .redis)
        let key = section.required("key", as: .redisKey)
        let counter = readCounter(section, name: name, variables: variables)
        let polling = Polling(section, emits: false)
        guard let redis, let key else { return nil }
        reportUnknown(key.value.template.variables, of: "key", among: variables, section, key.origin)
        reportShared(key, variables, section)
        if let counter, counter.key == key.value.text {
            section.report(.conflict, "the list and its counter can't be the same key", key: "counter")
        }
        return .redisQueue(redis: redis.value, key: key.value.text, counter: counter, polling: polling)
    }

    private static func readCounter(_ section: Section, name: String, variables: [String]) -> Counter? {
        let counter = section.setting("counter", as: .redisKey)
        var field = name
        section.read("field", into: &field, as: .field)
        let start = section.setting("start", as: .query)
        let database = section.setting("database", as: .database)
        if let start { reportUnknown(start, of: "start", among: variables, section) }
        if start != nil, database == nil {
            section.report(.missingKey, "required with start: the URL of the database that is asked", key: "database")
        }
        if start == nil, database != nil {
            section.report(
                .missingKey,
                "required with database: the query whose number a counter begins at",
                key: "start"
            )
        }
        guard let counter else {
            if start != nil {
                section.report(.missingKey, "required with start: the key that is to have the number", key: "counter")
            }
            return nil
        }
        reportUnknown(counter.value.template.variables, of: "counter", among: variables, section, counter.origin)
        reportShared(counter, variables, section)
        let beginning = start.flatMap { start in
            database.map { Counter.Start(database: Secret($0.resolved), query: start.value.text) }
        }
        return Counter(key: counter.value.text, field: field, start: beginning)
    }

    /// Two topics must not take from the same list: each item goes to one of them.
    private static func reportShared(_ key: Setting<Read<RedisKeyTemplate>>, _ variables: [String], _ section: Section)
    {
        let missing = variables.filter { !key.value.template.variables.contains($0) }
        guard let name = missing.first else { return }
        section.report(
            .conflict,
            "topics with different {\(name)} would share this key, and each item goes to one of them; write it with {\(name)}",
            key: key.key,
            at: key.origin
        )
    }

    static func readRedisStream(_ section: Section, variables: [String]) -> Kind? {
        let redis = section.required("redis", as: .redis)
        let key = section.required("key", as: .redisKey)
        var start = RedisStreamReader.Start.new
        section.read("start", into: &start, as: .oneOf(RedisStreamReader.Start.self))
        let field = section.setting("field", as: .field)
        let polling = Polling(section, emits: false)
        guard let redis, let key else { return nil }
        reportUnknown(key.value.template.variables, of: "key", among: variables, section, key.origin)
        return .redisStream(
            redis: redis.value,
            key: key.value.text,
            startsWithAll: start == .all,
            field: field?.value,
            polling: polling
        )
    }

    static func readRedisChannel(_ section: Section, variables: [String]) -> Kind? {
        let redis = section.required("redis", as: .redis)
        let channel = section.required("channel", as: .redisKey)
        var linger = Duration.seconds(10)
        section.read("linger", into: &linger, as: .duration(.zero ... .seconds(86_400)))
        guard let redis, let channel else { return nil }
        for name in variables where !channel.value.template.variables.contains(name) {
            section.report(
                .invalidValue,
                "the topic's {\(name)} is no variable of the channel, which gives it; write the channel with {\(name)}",
                key: "channel",
                at: channel.origin
            )
        }
        return .redisChannel(redis: redis.value, channel: channel.value.text, linger: linger)
    }
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
}

extension ValueFormat<String> {
    fileprivate static var field: Self {
        Self("the name of a field") { text throws(Refusal) in text.isEmpty ? nil : text }
    }
}

extension ValueFormat<Read<RedisKeyTemplate>> {
    fileprivate static var redisKey: Self {
        Self("a key like counter:{user_id}") { text throws(Refusal) in
            do throws(SourceProblem) {
                let template = try RedisKeyTemplate(text)
                if let (first, second) = template.runningTogether {
                    throw SourceProblem(
                        .refused,
                        "between {\(first)} and {\(second)} there has to be a character that neither can hold, such as :"
                    )
                }
                return Read(template: template, text: text)
            } catch {
                throw Refusal(.invalidValue, error.message)
            }
        }
    }
}
