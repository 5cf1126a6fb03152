import Martlet
import NIOPosix
import Testing

@testable import MartletSources

@Suite("The file source with a hub", .timeLimit(.minutes(1)))
struct FileSourceHubTests {
    let folder = FileTestFolder()
    let log = TappedLog()
    let monitor = SourceMonitor.silent(name: "app")

    private func source(
        _ path: String = "log",
        topic: String = "logs/app",
        isPublic: Bool = true,
        backlog: Int = 0
    ) throws -> FileSource<ContinuousClock> {
        FileSource(
            pattern: try FilePattern(folder[path]),
            topics: OwnedTopics(of: "app", selector: try Selector(topic), isPublic: isPublic, backlog: backlog),
            options: FileSourceOptions(interval: .milliseconds(2)),
            monitor: monitor
        )
    }

    /// Runs a source with a hub of its own on the log, as one life of a process does.
    private func run(
        _ source: FileSource<ContinuousClock>,
        owned: [OwnedTopics] = [],
        _ body: (Hub) async throws -> Void
    ) async throws {
        let hub = Hub(log: log, eventLoopGroup: MultiThreadedEventLoopGroup.singleton, owned: owned)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await hub.run() }
            group.addTask {
                do { try await source.run(publishingTo: hub) } catch is CancellationError {}
            }
            defer { group.cancelAll() }
            try await body(hub)
        }
    }

    /// Waits until the source has noted that it runs.
    private func begun(_ hub: Hub) async throws {
        try await eventually("the source has begun") { try await hub.bookmark(of: "app") != nil }
    }

    @Test("Lines go on over restarts where they were, once each")
    func restarts() async throws {
        folder.append("old\n", to: "log")
        for life in 0..<4 {
            try await run(source()) { hub in
                try await begun(hub)
                if life == 0 { try await eventually("the file is watched") { monitor.status.watches == 1 } }
                folder.append("\(life) a\n", to: "log")
                try await log.wait { $0.last == "\(life) a" }
            }
            #expect(monitor.status.watches == 0)
            folder.append("\(life) b\nhal", to: "log")
            folder.append("f \(life)\n", to: "log")
            folder.move("log", to: "log.\(9 - life)")
            folder.append("\(life) c\n", to: "log")
        }
        #expect(log.lines == ["0 a"] + (1..<4).flatMap { ["\($0 - 1) b", "half \($0 - 1)", "\($0 - 1) c", "\($0) a"] })
        #expect(monitor.status.updates == log.lines.count)
        #expect(openDescriptors(in: folder) == 0)
    }

    @Test("A life that ends while the log stands still publishes nothing twice, and loses nothing")
    func killedWhilePublishing() async throws {
        folder.append("", to: "log")
        try await run(source()) { hub in
            try await begun(hub)
            try await eventually("the file is watched") { monitor.status.watches == 1 }
            log.refuse(true)
            let appends = log.appends
            folder.append("1\n2\n", to: "log")
            try await eventually("the source tried to publish") { log.appends > appends }
        }
        #expect(log.lines == [])
        log.refuse(false)
        folder.append("3\n", to: "log")
        try await run(source()) { _ in try await log.wait { $0.count >= 3 } }
        #expect(log.lines == ["1", "2", "3"])
    }

    @Test("What the log refuses is shown, and published when the log is well again")
    func logRefuses() async throws {
        folder.append("", to: "log")
        try await run(source()) { hub in
            try await begun(hub)
            try await eventually("the file is watched") { monitor.status.watches == 1 }
            log.refuse(true)
            folder.append("1\n", to: "log")
            try await eventually("the problem is shown") { monitor.status.problem?.contains("cannot publish") == true }
            folder.append("2\n", to: "log")
            log.refuse(false)
            try await log.wait { $0 == ["1", "2"] }
            try await eventually("no problem is shown") { monitor.status.problem == nil }
        }
    }

    @Test("A missing file is shown until it is there, also when the log failed in between")
    func missing() async throws {
        log.refuse(true)
        try await run(source()) { hub in
            try await eventually("the log's problem is shown") {
                monitor.status.problem?.contains("cannot publish") == true
            }
            log.refuse(false)
            try await eventually("the file's problem is shown") {
                monitor.status.problem == "\(folder["log"]) does not exist; waiting for it."
            }
            folder.append("1\n", to: "log")
            try await log.wait { $0 == ["1"] }
            try await eventually("no problem is shown") { monitor.status.problem == nil }
            #expect(monitor.status.watches == 1)
        }
    }

    @Test("A file whose topic another source has by name is not followed", arguments: ["*.log", "secret.log"])
    func foreignTopic(_ path: String) async throws {
        let other = OwnedTopics(of: "other", selector: try Selector("logs/secret.log"))
        let source = try source(path, topic: "logs/{file}")
        let sentence =
            "\(folder["secret.log"]) is not followed, because its topic belongs to the source \"other\"."
        try await run(source, owned: [source.topics, other]) { hub in
            try await begun(hub)
            folder.append("hidden\n", to: "secret.log")
            try await eventually("that is told") { monitor.status.problem == sentence }
            folder.append("open\n", to: "app.log")
            if path == "*.log" { try await log.wait { !$0.isEmpty } }
            folder.append("hidden too\n", to: "secret.log")
            try await Task.sleep(for: .milliseconds(100))
            #expect(monitor.status.problem == sentence)
        }
        #expect(log.lines == (path == "*.log" ? ["open"] : []))
    }

    @Test("A first start publishes the backlog, a later one does not")
    func backlog() async throws {
        folder.append("1\n2\n3\n", to: "log")
        try await run(source(backlog: 2)) { _ in try await log.wait { $0 == ["2", "3"] } }
        try await run(source(backlog: 2)) { _ in
            folder.append("4\n", to: "log")
            try await log.wait { $0.last == "4" }
        }
        #expect(log.lines == ["2", "3", "4"])
    }

    @Test("With another path, the source begins anew")
    func otherPath() async throws {
        folder.append("old\n", to: "log")
        folder.append("old\n", to: "other")
        try await run(source()) { try await begun($0) }
        try await run(source("other")) { _ in
            try await eventually("the file is watched") { monitor.status.watches == 1 }
            folder.append("1\n", to: "other")
            try await log.wait { !$0.isEmpty }
        }
        #expect(log.lines == ["1"])
    }

    @Test("A bookmark of unknown form is reported, and that file is read from its start")
    func unknownBookmark() async throws {
        folder.append("1\n", to: "log")
        try await run(source()) { try await begun($0) }
        let inode = try FileStatus(path: folder["log"]).identity.inode
        _ = try await log.append([], bookmarks: [Bookmark(of: "app", item: "\(folder.path)#\(inode)", value: "7")])
        let errors = monitor.status.errors
        try await run(source()) { _ in try await log.wait { $0 == ["1"] } }
        #expect(monitor.status.errors == errors + 1)
        _ = try await log.append([], bookmarks: [Bookmark(of: "app", value: "7")])
        try await run(source()) { _ in
            try await eventually("it is reported") { monitor.status.errors == errors + 2 }
            try await eventually("the file is watched") { monitor.status.watches == 1 }
            folder.append("2\n", to: "log")
            try await log.wait { $0 == ["1", "2"] }
        }
    }

    @Test("Each file of a glob has the topic of its name, and what is not public is private")
    func topics() async throws {
        let interest = Interest(selectors: [try Selector("logs/a%20b.log")], grants: [.everything])
        try await run(source("*.log", topic: "logs/{file}", isPublic: false)) { hub in
            try await begun(hub)
            folder.append("1\n", to: "a b.log")
            folder.append("2\n", to: "c.log")
            try await log.wait { $0.sorted() == ["1", "2"] }
            let page = try await log.page(after: 0, for: interest, limit: PageLimit(updates: 9, bytes: 999))
            #expect(page.entries.map(\.update.data) == ["1"])
            #expect(log.arePrivate)
            try await eventually("both are watched") { monitor.status.watches == 2 }
        }
    }

    @Test(
        "A topic is one, or a template of the name",
        arguments: [
            ("logs/app", true), ("logs/{file}", true), ("{file}/{file}", true), ("logs/{name}", false),
            ("{file}{?q}", false), ("*", false),
        ]
    )
    func selectors(_ text: String, _ isAccepted: Bool) throws {
        #expect((FileTopics(try Selector(text)) != nil) == isAccepted)
    }
}
