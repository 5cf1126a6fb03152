import Martlet
import MartletRedis
import NIOCore
import Testing

@testable import MartletSources

/// What sources of Redis promise, on a server of its own each.
@Suite("Redis sources on a real server", .serialized, .timeLimit(.minutes(2)))
struct RedisSourceTests {
    /// A server, a client of the test's own, and what makes a source's.
    private struct Bench {
        let server: RedisServer
        let client: RedisClient

        init(_ server: RedisServer) throws {
            self.server = server
            self.client = RedisClient(.init(url: try server.url()))
        }

        @discardableResult
        func send(_ words: String...) async throws -> RESPToken {
            try await self.client.send(RedisCommand(words[0], strings: words.dropFirst()))
        }

        func waking(_ wakes: Wakes) throws -> RedisClient {
            var configuration = RedisClient.Configuration(url: try self.server.url())
            configuration.firstBackoff = .milliseconds(5)
            configuration.longestBackoff = .milliseconds(20)
            configuration.connection.tracking = RedisTracking {
                wakes.wake($0)
            } changed: {
                wakes.works($0 == .telling)
            }
            return RedisClient(configuration)
        }

        /// How many connections the server has had.
        func connections() async throws -> String? {
            let text = try await self.send("INFO", "stats").text ?? ""
            return text.split(separator: "\r\n").first { $0.hasPrefix("total_connections_received:") }.map(String.init)
        }

        func commands(_ name: String) async throws -> Int {
            let text = try await self.send("INFO", "commandstats").text ?? ""
            let line = text.split(separator: "\r\n").first { $0.hasPrefix("cmdstat_\(name):calls=") }
            return line.flatMap { Int($0.drop { $0 != "=" }.dropFirst().prefix { $0 != "," }) } ?? 0
        }
    }

    private func stage(_ selector: String, isConflated: Bool = false, log: any EventLog = MemoryLog()) throws
        -> HubStage
    {
        HubStage(
            OwnedTopics(of: "test", selector: try Selector(selector), isPublic: true, isConflated: isConflated),
            log: log
        )
    }

    /// Ticks come once an hour: what is told sooner was woken.
    private func polled(_ stage: HubStage, reader: any ItemReader, wakes: Wakes) -> any Source {
        PolledSource(
            topics: stage.topics,
            reader: reader,
            options: PollingOptions(interval: .seconds(3600), linger: .milliseconds(50)),
            wakes: wakes,
            monitor: stage.monitor,
            clock: ContinuousClock()
        )
    }

    private func polled(_ stage: HubStage, sampler: any Sampler, wakes: Wakes) -> any Source {
        PolledSource(
            topics: stage.topics,
            sampler: sampler,
            options: PollingOptions(interval: .seconds(3600), linger: .milliseconds(50)),
            wakes: wakes,
            monitor: stage.monitor,
            clock: ContinuousClock()
        )
    }

    private func queue(_ bench: Bench, _ stage: HubStage) throws -> any Source {
        let wakes = Wakes()
        let reader = RedisQueueReader(client: try bench.waking(wakes), key: try RedisKeyTemplate("q:{id}"))
        return self.polled(stage, reader: reader, wakes: wakes)
    }

    @Test func `a list's items are published oldest first, each once, and leave nothing behind`() async throws {
        try await RedisServer.run { server in
            let bench = try Bench(server)
            let stage = try self.stage("queues/{id}")
            try await bench.send("LPUSH", "q:1", "a", "b", "c")
            try await stage.run(try self.queue(bench, stage)) {
                let (outlet, leave) = try await stage.join("queues/1")
                try await eventually("what was there is published") { outlet.data == ["a", "b", "c"] }
                try await bench.send("LPUSH", "q:1", "d")
                try await bench.send("LPUSH", "q:2", "other")
                try await eventually("what comes is published") { outlet.data == ["a", "b", "c", "d"] }
                try await eventually("nothing is under way") {
                    try await bench.send("EXISTS", "q:1", "martlet:underway:q:1").integer == 0
                }
                #expect(try await bench.send("LLEN", "q:2").integer == 1, "nobody looks at it")
                try await leave()
                try await eventually("the watch ends") { stage.monitor.status.watches == 0 }
                let asked = try await bench.commands("evalsha")
                try await bench.send("LPUSH", "q:1", "later")
                try await Task.sleep(for: .milliseconds(100))
                #expect(try await bench.commands("evalsha") == asked)
                let (again, _) = try await stage.join("queues/1")
                try await eventually("it waits for whoever comes") { again.data == ["later"] }
            }
        }
    }

    @Test func `another spelling of a topic takes nothing from it`() async throws {
        try await RedisServer.run { server in
            let bench = try Bench(server)
            let stage = try self.stage("queues/{id}")
            try await bench.send("LPUSH", "q:42", "a")
            try await stage.run(try self.queue(bench, stage)) {
                let (stranger, _) = try await stage.join("queues/%34%32")
                let (beside, _) = try await stage.join("queues/1")
                try await bench.send("LPUSH", "q:1", "x")
                try await eventually("the source is awake") { beside.data == ["x"] }
                #expect(stranger.data.isEmpty)
                let (owner, _) = try await stage.join("queues/42")
                try await eventually("it is its owner's") { owner.data == ["a"] }
            }
        }
    }

    @Test func `many items are all published in order, also while the server is killed`() async throws {
        // Redis keeps them on disk, as whoever wants to lose nothing has it.
        let options = ["--appendonly", "yes", "--appendfsync", "always"]
        try await RedisServer.run(options) { server in
            let bench = try Bench(server)
            let stage = try self.stage("queues/{id}")
            let all = (0..<3000).map { "\($0)" }
            try await stage.run(try self.queue(bench, stage)) {
                let (outlet, _) = try await stage.join("queues/1")
                for start in stride(from: 0, to: 3000, by: 500) {
                    _ = try await bench.client.send(RedisCommand("LPUSH", strings: ["q:1"] + all[start..<start + 500]))
                    if start == 1000 || start == 2000 {
                        server.kill()
                        try await eventually("the loss is told") {
                            stage.monitor.status.problem != nil || outlet.data.count > start
                        }
                        try await server.start()
                    }
                }
                try await eventually("all are published") { outlet.data.count >= 3000 }
                #expect(outlet.data == all)
            }
        }
    }

    /// The hub ends after the log has the items and before Redis hears of it: what is under way was published.
    @Test func `what the log has is not published again, what it has not is`() async throws {
        try await RedisServer.run { server in
            let bench = try Bench(server)
            let log = MemoryLog()
            let reader = RedisQueueReader(client: try bench.waking(Wakes()), key: try RedisKeyTemplate("q:{id}"))
            try await bench.send("LPUSH", "q:1", "a", "b")
            var watch = Watch(topic: try Topic("queues/1"), variables: ["id": "1"])
            let first = try await reader.read([watch])[0].get()
            #expect(first.data == ["a", "b"])
            // Read, but not published.
            #expect(try await reader.read([watch])[0].get().data == ["a", "b"])
            // Published, but Redis has not heard of it.
            _ = try await log.append(
                try first.data.map { try Update(topic: watch.topic, data: $0) },
                bookmarks: [Bookmark(of: "test", item: watch.topic.name, value: try #require(first.bookmark))]
            )
            try await bench.send("LPUSH", "q:1", "c")
            watch.bookmark = first.bookmark
            let stage = try self.stage("queues/{id}", log: log)
            try await stage.run(try self.queue(bench, stage)) {
                let (outlet, _) = try await stage.join("queues/1")
                try await eventually("the rest is published") { outlet.data == ["c"] }
            }
            // A log that knows nothing gets what is under way.
            try await bench.send("LPUSH", "q:1", "d")
            _ = await reader.read([watch])
            let other = try self.stage("queues/{id}")
            try await other.run(try self.queue(bench, other)) {
                let (outlet, _) = try await other.join("queues/1")
                try await eventually("it is published") { outlet.data.last == "d" }
            }
        }
    }

    private func counter(_ bench: Bench, _ stage: HubStage, start: SQLNumber? = nil) throws -> any Source {
        let wakes = Wakes()
        let sampler = RedisCounterSampler(
            client: try bench.waking(wakes),
            queue: try RedisKeyTemplate("tasks:{id}"),
            counter: try RedisKeyTemplate("count:{id}"),
            field: "n",
            start: start,
            wakes: wakes
        )
        return self.polled(stage, sampler: sampler, wakes: wakes)
    }

    @Test func `a counter counts what is pushed, and hears of others who set it`() async throws {
        try await RedisServer.run { server in
            let bench = try Bench(server)
            let stage = try self.stage("users/{id}", isConflated: true)
            try await stage.run(try self.counter(bench, stage)) {
                let (outlet, _) = try await stage.join("users/1")
                try await eventually("the first value") { outlet.data == [#"{"n":0}"#] }
                for _ in 0..<100 { try await bench.send("LPUSH", "tasks:1", "1") }
                try await eventually("all are counted") { outlet.data.last == #"{"n":100}"# }
                #expect(try await bench.send("GET", "count:1").text == "100")
                try await bench.send("SET", "count:1", "5")
                try await eventually("it was set") { outlet.data.last == #"{"n":5}"# }
                try await bench.send("SET", "count:1", "many")
                try await eventually("it is no number") {
                    stage.monitor.status.problem == "the key count:1 holds no whole number"
                }
                try await bench.send("LPUSH", "tasks:1", "1")
                try await eventually("the list stays") {
                    stage.monitor.status.problem?.contains("not an integer") == true
                }
                #expect(try await bench.send("LLEN", "tasks:1").integer == 1)
                try await bench.send("DEL", "count:1")
                try await eventually("it begins anew") { outlet.data.last == #"{"n":1}"# }
            }
        }
    }

    @Test func `a counter that is not there begins where a database says`() async throws {
        try await RedisServer.run { server in
            let bench = try Bench(server)
            let file = server.folder.file("app.db")
            let setUp = try ChildProcess(
                ["sqlite3", file, "CREATE TABLE n (user INT); INSERT INTO n VALUES (1), (1), (2)"],
                output: server.folder.file("sqlite.log")
            )
            #expect(setUp.wait() == 0)
            let start = SQLNumber(
                try SQLURL("sqlite:\(file)"),
                query: try SQLTemplate("SELECT count(*) FROM n WHERE user = :id")
            )
            let stage = try self.stage("users/{id}", isConflated: true)
            try await bench.send("SET", "count:2", "7")
            try await bench.send("LPUSH", "tasks:1", "1")
            try await stage.run(try self.counter(bench, stage, start: start)) {
                let (one, _) = try await stage.join("users/1")
                let (two, _) = try await stage.join("users/2")
                try await eventually("both begin") { one.data == [#"{"n":3}"#] && two.data == [#"{"n":7}"#] }
                #expect(try await bench.send("GET", "count:1").text == "3")
            }
        }
    }

    private func stream(
        _ bench: Bench,
        _ stage: HubStage,
        start: RedisStreamReader.Start = .new,
        field: String? = nil
    ) throws -> any Source {
        let wakes = Wakes()
        let reader = RedisStreamReader(
            client: try bench.waking(wakes),
            key: try RedisKeyTemplate("s:{id}"),
            start: start,
            field: field
        )
        return self.polled(stage, reader: reader, wakes: wakes)
    }

    @Test func `a stream goes on where it stopped`() async throws {
        try await RedisServer.run { server in
            let bench = try Bench(server)
            let log = MemoryLog()
            try await bench.send("XADD", "s:1", "*", "n", "old")
            for round in 0..<3 {
                let stage = try self.stage("streams/{id}", log: log)
                let known = log.bounds.last
                try await stage.run(try self.stream(bench, stage)) {
                    let (outlet, _) = try await stage.join("streams/1")
                    // The first time it notes where it begins, then reads.
                    try await eventually("it has begun") { stage.monitor.status.ticks > (round == 0 ? 1 : 0) }
                    for number in 0..<600 { try await bench.send("XADD", "s:1", "*", "n", "\(round).\(number)") }
                    try await eventually("all are published") { outlet.data.last == #"{"n":"\#(round).599"}"# }
                    #expect(log.bounds.last == known + 600 + (round == 0 ? 0 : 1))
                    #expect(outlet.data.first == (round == 0 ? #"{"n":"0.0"}"# : #"{"n":"away"}"#))
                }
                try await bench.send("XADD", "s:1", "*", "n", "away")
            }
        }
    }

    @Test func `of a stream all can be had from its beginning, or one field`() async throws {
        try await RedisServer.run { server in
            let bench = try Bench(server)
            try await bench.send("XADD", "s:1", "*", "n", "1", "data", "one\"\n")
            try await bench.send("XADD", "s:1", "*", "other", "2")
            let whole = try self.stage("streams/{id}")
            try await whole.run(try self.stream(bench, whole, start: .all)) {
                let (outlet, _) = try await whole.join("streams/1")
                try await eventually("both") { outlet.data == [#"{"n":"1","data":"one\"\n"}"#, #"{"other":"2"}"#] }
            }
            let field = try self.stage("streams/{id}")
            try await field.run(try self.stream(bench, field, start: .all, field: "n")) {
                let (outlet, _) = try await field.join("streams/1")
                try await eventually("both") { outlet.data == ["1", ""] }
            }
        }
    }

    @Test func `a key of another kind is named, and takes nobody's values away`() async throws {
        try await RedisServer.run { server in
            let bench = try Bench(server)
            try await bench.send("SET", "s:1", "text")
            try await bench.send("SET", "q:1", "text")
            let streams = try self.stage("streams/{id}")
            try await streams.run(try self.stream(bench, streams, start: .all)) {
                let (outlet, _) = try await streams.join("streams/1", "streams/2")
                try await eventually("it is told") { streams.monitor.status.problem?.contains("WRONGTYPE") == true }
                try await bench.send("XADD", "s:2", "*", "n", "1")
                try await eventually("the other goes on") { outlet.data == [#"{"n":"1"}"#] }
                try await bench.send("DEL", "s:1")
                try await eventually("all is well") { streams.monitor.status.problem == nil }
            }
            let queues = try self.stage("queues/{id}")
            try await queues.run(try self.queue(bench, queues)) {
                let (outlet, _) = try await queues.join("queues/1", "queues/2")
                try await eventually("it is told") { queues.monitor.status.problem?.contains("WRONGTYPE") == true }
                try await bench.send("LPUSH", "q:2", "x")
                try await eventually("the other goes on") { outlet.data == ["x"] }
            }
        }
    }

    @Test func `a value that is too large takes nobody's values away, and no connection twice`() async throws {
        try await RedisServer.run { server in
            let bench = try Bench(server)
            var configuration = RedisClient.Configuration(url: try server.url())
            configuration.firstBackoff = .milliseconds(5)
            let sampler = RedisValueSampler(client: RedisClient(configuration), key: try RedisKeyTemplate("v:{id}"))
            let watches = try ["1", "2", "3", "4"].map {
                Watch(topic: try Topic("values/\($0)"), variables: ["id": $0])
            }
            let length = 17 << 20
            try await bench.send("SETRANGE", "v:1", "\(length - 1)", "x")
            try await bench.send("SET", "v:2", "two")
            try await bench.send("LPUSH", "v:4", "x")
            let problem = "the key v:1 holds \(length) bytes; at most \(16 << 20) are published"
            let expected: [Result<String, SourceProblem>] = [
                .failure(SourceProblem(.refused, problem)), .success("two"), .success("null"), .success("null"),
            ]
            #expect(await sampler.sample(watches) == expected)
            let connections = try await bench.connections()
            for _ in 0..<3 { #expect(await sampler.sample(watches) == expected) }
            #expect(try await bench.connections() == connections)
            try await bench.send("SET", "v:1", "one")
            for _ in 0..<2 { #expect(await sampler.sample(watches).first == .success("one")) }
        }
    }

    @Test func `an entry that is too large stops its stream, and no other`() async throws {
        try await RedisServer.run { server in
            let bench = try Bench(server)
            func add(_ key: String, _ text: String) async throws -> String {
                let id = try await bench.send("XADD", key, "*", "n", text).text
                return try #require(id)
            }
            _ = try await add("s:1", "1")
            let large = try await add("s:1", String(repeating: "x", count: 17 << 20))
            _ = try await add("s:1", "3")
            _ = try await add("s:2", "a")
            let stage = try self.stage("streams/{id}")
            try await stage.run(try self.stream(bench, stage, start: .all, field: "n")) {
                let (one, _) = try await stage.join("streams/1")
                let (two, _) = try await stage.join("streams/2")
                try await eventually("what is before it and beside it is published") {
                    one.data == ["1"] && two.data == ["a"]
                }
                try await eventually("it is told") {
                    stage.monitor.status.problem?.contains("TOOLONG the entry \(large) has") == true
                }
                let connections = try await bench.connections()
                for number in 0..<10 {
                    _ = try await add("s:2", "\(number)")
                    try await eventually("others go on") { two.data.last == "\(number)" }
                }
                #expect(try await bench.connections() == connections)
                try await bench.send("XDEL", "s:1", large)
                try await eventually("what is behind it is published") { one.data == ["1", "3"] }
                try await eventually("all is well") { stage.monitor.status.problem == nil }
            }
        }
    }

    @Test func `of a stream with a newest entry that is too large, what comes from now on is read`() async throws {
        try await RedisServer.run { server in
            let bench = try Bench(server)
            try await bench.send("XADD", "s:1", "*", "n", String(repeating: "x", count: 17 << 20))
            let stage = try self.stage("streams/{id}")
            try await stage.run(try self.stream(bench, stage, field: "n")) {
                let (outlet, _) = try await stage.join("streams/1")
                // The first look notes where it begins.
                try await eventually("it has begun") { stage.monitor.status.ticks > 1 }
                try await bench.send("XADD", "s:1", "*", "n", "new")
                try await eventually("it is published") { outlet.data == ["new"] }
            }
        }
    }

    private func rooms() throws -> OwnedTopics {
        OwnedTopics(of: "chat", selector: try Selector("rooms/{room}"), isPublic: true, isWatchedAsOne: true)
    }

    @Test func `messages of channels go to the topics that the channels name, while somebody looks`() async throws {
        try await RedisServer.run { server in
            let bench = try Bench(server)
            let stage = HubStage(try self.rooms())
            var configuration = RedisClient.Configuration(url: try server.url())
            configuration.firstBackoff = .milliseconds(5)
            configuration.longestBackoff = .milliseconds(20)
            let source = RedisChannelSource(
                topics: stage.topics,
                client: RedisClient(configuration),
                channel: try RedisKeyTemplate("chat:{room}"),
                linger: .milliseconds(20),
                monitor: stage.monitor,
                clock: ContinuousClock()
            )
            func patterns() async throws -> Int64? { try await bench.send("PUBSUB", "NUMPAT").integer }
            try await stage.run(source) {
                #expect(try await patterns() == 0)
                let (all, leave) = try await stage.join("rooms/{any}")
                let (one, leaveToo) = try await stage.join("rooms/a%2F1")
                try await eventually("it is subscribed") { try await patterns() == 1 }
                for number in 0..<2000 { try await bench.send("PUBLISH", "chat:a/1", "\(number)") }
                try await bench.send("PUBLISH", "chat:b", "last")
                try await bench.send("PUBLISH", "other:b", "none")
                try await eventually("all came") { all.data.last == "last" }
                #expect(all.data == (0..<2000).map { "\($0)" } + ["last"])
                #expect(one.data == (0..<2000).map { "\($0)" })
                server.kill()
                try await eventually("the loss is told") { stage.monitor.status.problem != nil }
                try await server.start()
                try await eventually("it is subscribed again") { try await patterns() == 1 }
                try await bench.send("PUBLISH", "chat:b", "again")
                try await eventually("it goes on") { all.data.last == "again" && stage.monitor.status.problem == nil }
                try await leave()
                try await leaveToo()
                try await eventually("it is subscribed no more") { try await patterns() == 0 }
            }
        }
    }

    @Test func `a message whose topic another source has by name is not published`() async throws {
        try await RedisServer.run { server in
            let bench = try Bench(server)
            let secret = OwnedTopics(of: "other", selector: try Selector("rooms/secret"))
            let stage = HubStage(try self.rooms(), others: [secret])
            let source = RedisChannelSource(
                topics: stage.topics,
                client: RedisClient(.init(url: try server.url())),
                channel: try RedisKeyTemplate("chat:{room}"),
                linger: .milliseconds(20),
                monitor: stage.monitor,
                clock: ContinuousClock()
            )
            try await stage.run(source) {
                let (all, _) = try await stage.join("rooms/{any}")
                try await eventually("it is subscribed") { try await bench.send("PUBSUB", "NUMPAT").integer == 1 }
                try await bench.send("PUBLISH", "chat:secret", "hidden")
                let sentence =
                    "a message of chat:secret is not published: its topic belongs to the source \"other\""
                try await eventually("that is told") { stage.monitor.status.problem == sentence }
                try await bench.send("PUBLISH", "chat:open", "open")
                try await eventually("others are published") { all.data.last == "open" }
                #expect(all.data == ["open"])
            }
        }
    }
}
