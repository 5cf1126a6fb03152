import MartletServer
import Testing

/// What the program says about sources that name a server, and what it makes of good ones.
@Suite struct ConfigurationSourceTests {
    private func refusal(_ source: String) throws -> String {
        try ConfigurationFolder("sources:\n  s: { \(source) }").refusal()
    }

    private static let redis = "redis: 'redis://127.0.0.1', topic: 'users/{id}'"

    @Test(
        arguments: [
            (
                "kind: redis-queue, \(redis), key: 'q'",
                "key: topics with different {id} would share this key, and each item goes to one of them; write it with {id}"
            ),
            (
                "kind: redis-queue, \(redis), key: 'q:{ip}:{id}'",
                "key: {ip} is no variable of the topic (it has id); write the topic with {ip}"
            ),
            (
                "kind: redis-queue, \(redis), key: 'q:{id}', counter: 'q:{id}'",
                "counter: the list and its counter can't be the same key"
            ),
            (
                "kind: redis-queue, \(redis), key: 'q:{id}', counter: 'c:{id}', start: SELECT 1",
                "database: required with start: the URL of the database that is asked"
            ),
            (
                "kind: redis-queue, \(redis), key: 'q:{id}', start: SELECT 1, database: 'sqlite:a.db'",
                "counter: required with start: the key that is to have the number"
            ),
            (
                "kind: redis-queue, \(redis), key: 'q:{id}', counter: 'c:{id}', database: 'sqlite:a.db'",
                "start: required with database: the query whose number a counter begins at"
            ),
            (
                "kind: redis-queue, \(redis), key: 'q:{id}', counter: 'c:{id}', start: 'SELECT :no', database: 'sqlite:a.db'",
                "start: the query's :no is no variable of the topic (it has id); write the topic with {no}"
            ),
            (
                "kind: redis-queue, \(redis), key: 'q:{id}', counter: 'c:{id}', backlog: 3",
                "backlog: a counter has one value, which newcomers are sent anyway"
            ),
            (
                "kind: redis-queue, \(redis), key: 'q:{id}', backlog: 1001",
                #"backlog: expected a whole number from 0 to 1000, found "1001""#
            ),
            (
                "kind: redis-channel, \(redis), channel: chat",
                "channel: the topic's {id} is no variable of the channel, which gives it; write the channel with {id}"
            ),
            (
                "kind: redis-value, redis: 'redis://h', topic: 't/{a}/{b}', key: 'v:{a}_{b}'",
                "key: between {a} and {b} there has to be a character that neither can hold, such as :"
            ),
            (
                "kind: redis-stream, \(redis), key: 'q:{id}', start: '$'",
                #"start: expected one of all, new, found "$""#
            ),
            ("kind: redis-stream, redis: 'http://127.0.0.1', topic: t, key: k", "redis: "),
            (
                "kind: sql, topic: t, database: 'sqlite:a.db', query: SELECT 1, wake: { listen: c }",
                "wake: only PostgreSQL says when something has changed; leave wake out, and the query is asked every so often"
            ),
            (
                "kind: sql, topic: t, database: 'sqlite:a.db', query: SELECT 1, wake: c",
                #"wake: expected a mapping with the keys listen, found "c""#
            ),
            ("kind: clock, topic: t, backlog: 3", "backlog: unknown key"),
            ("kind: sql-outbox, database: 'sqlite:a.db'", "table: required: the name of a table"),
            (
                "kind: sql-outbox, database: 'sqlite:a.db', table: 'o; DROP'",
                "table: a table's name is 1 to 63 letters, digits and _, and begins with no digit; schema.table has two"
            ),
            (
                "kind: sql-outbox, database: 'sqlite:a.db', table: o, key: 'id--'",
                "key: a column's name is 1 to 63 letters, digits and _, and begins with no digit"
            ),
            (
                "kind: sql-outbox, database: 'sqlite:a.db', table: o, watch: on-demand",
                "watch: on-demand needs a topic of the source's own; write the topic, or a template of topics"
            ),
            (
                "kind: sql-outbox, database: 'sqlite:a.db', table: o, topic: t, topic-column: x",
                "topic-column: give either topic, or topic-column, the column that holds it"
            ),
            (
                "kind: sql-outbox, database: 'sqlite:a.db', table: o, topic: 't/{a.b}'",
                "topic: the topic's {a.b} can be no column: a column's name is 1 to 63 letters"
            ),
            ("kind: sql, database: 'sqlite:a.db', query: SELECT 1", "topic: required: a topic"),
        ]
    )
    func `a bad source is named with its key and what is wrong`(source: String, expected: String) throws {
        let refusal = try self.refusal(source)
        #expect(refusal.hasPrefix("martlet.yaml:2: sources.s.\(expected)"), "\(refusal)")
    }

    @Test func `what is given is what is made`() throws {
        let folder = try ConfigurationFolder(
            """
            sources:
              tasks: { kind: redis-queue, redis: "redis://h", topic: "t/{id}", key: "q:{id}", counter: "c:{id}",
                       database: "sqlite:/srv/app.db", start: "SELECT :id", every: 2s }
              jobs: { kind: redis-queue, redis: "redis://h", topic: "j/{id}", key: "j:{id}", backlog: 7 }
              orders: { kind: redis-stream, redis: "redis://h", topic: "o/{id}", key: "all", start: all, field: data }
              chat: { kind: redis-channel, redis: "redis://h", topic: "rooms/{room}", channel: "c:{room}", linger: 1m }
              cached: { kind: redis-value, redis: "redis://h", topic: "c/{id}", key: "c:{id}", notify: true }
              notices: { kind: sql, topic: "n", database: "postgresql:///app", query: SELECT 1, wake: { listen: changed } }
              rows: { kind: sql-outbox, database: "mysql:///app", table: shop.outbox, data-column: body, start: new }
            """
        )
        let sources = try folder.load().configuration.sources
        let redis = Secret("redis://h")
        var outbox = SourceConfiguration.Outbox(database: Secret("mysql:///app"), table: "shop.outbox")
        outbox.dataColumn = "body"
        outbox.startsWithNew = true
        let start = SourceConfiguration.Counter.Start(database: Secret("sqlite:/srv/app.db"), query: "SELECT :id")
        #expect(
            sources.map(\.kind) == [
                .redisQueue(
                    redis: redis,
                    key: "q:{id}",
                    counter: SourceConfiguration.Counter(key: "c:{id}", field: "tasks", start: start),
                    polling: .init(every: .seconds(2))
                ),
                .redisQueue(redis: redis, key: "j:{id}", counter: nil, polling: .init()),
                .redisStream(redis: redis, key: "all", startsWithAll: true, field: "data", polling: .init()),
                .redisChannel(redis: redis, channel: "c:{room}", linger: .seconds(60)),
                .redisValue(redis: redis, key: "c:{id}", notifies: true, polling: .init()),
                .sql(.init(database: Secret("postgresql:///app"), text: "SELECT 1", wake: "changed")),
                .sqlOutbox(outbox),
            ]
        )
        #expect(sources.map(\.backlog) == [0, 7, 0, 0, 0, 0, 0])
    }
}
