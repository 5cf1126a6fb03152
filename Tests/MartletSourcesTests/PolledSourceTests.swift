import Martlet
import Synchronization
import Testing

@testable import MartletSources

/// Values that a test sets, and what was asked.
private final class ScriptedSampler: Sampler {
    struct State {
        var values: [String: String] = [:]
        var problem: SourceProblem?
        var asked: [[String]] = []
        var isClosed = false
    }

    let state = Mutex(State())

    func sample(_ watches: [Watch]) async -> [Result<String, SourceProblem>] {
        self.state.withLock { state in
            state.isClosed = false
            state.asked.append(watches.map(\.topic.name).sorted())
            return watches.map { watch in
                if let problem = state.problem { return .failure(problem) }
                return .success(state.values[watch.variables["id"] ?? ""] ?? "none")
            }
        }
    }

    func names(of watch: Watch) -> [String] { [watch.variables["id"] ?? ""] }

    func close() async { self.state.withLock { $0.isClosed = true } }

    func set(_ id: String, _ value: String) { self.state.withLock { $0.values[id] = value } }
    var asked: Int { self.state.withLock { $0.asked.count } }
}

@Suite(.timeLimit(.minutes(1))) struct PolledSourceTests {
    /// A hub, a source on it that asks every 20 ms, and whoever looks.
    private final class Stage: Sendable {
        let sampler = ScriptedSampler()
        let wakes = Wakes()
        private let stage: HubStage
        private let options: PollingOptions

        init(
            interval: Duration = .milliseconds(20),
            emitsAlways: Bool = false,
            linger: Duration = .milliseconds(50),
            isPublic: Bool = true
        ) throws {
            self.stage = HubStage(
                OwnedTopics(
                    of: "notices",
                    selector: try Selector("users/{id}"),
                    isPublic: isPublic,
                    isConflated: true
                )
            )
            self.options = PollingOptions(
                interval: interval,
                calmInterval: .seconds(3600),
                linger: linger,
                emitsAlways: emitsAlways
            )
        }

        var monitor: SourceMonitor { self.stage.monitor }

        func run(_ test: () async throws -> Void) async throws {
            let source = PolledSource(
                topics: self.stage.topics,
                sampler: self.sampler,
                options: self.options,
                wakes: self.wakes,
                monitor: self.stage.monitor,
                clock: ContinuousClock()
            )
            try await self.stage.run(source, test)
        }

        func join(_ selectors: String..., grants: [String] = []) async throws -> (
            KeepingOutlet, () async throws -> Void
        ) {
            try await self.stage.join(selectors, grants: grants)
        }
    }

    @Test func `nobody looks, nothing is asked`() async throws {
        let stage = try Stage()
        try await stage.run {
            let (_, leave) = try await stage.join("elsewhere", "users/{id}", "*")
            try await Task.sleep(for: .milliseconds(100))
            #expect(stage.sampler.asked == 0)
            try await leave()
        }
    }

    @Test func `the first value comes at once, then what changes, and only that`() async throws {
        let stage = try Stage()
        stage.sampler.set("1", "a")
        try await stage.run {
            let (outlet, _) = try await stage.join("users/1")
            #expect(await eventually { outlet.text == "id: test-1\ndata: a\n\n" })
            let asked = stage.sampler.asked
            #expect(await eventually { stage.sampler.asked > asked + 3 })
            stage.sampler.set("1", "b")
            #expect(await eventually { outlet.text.hasSuffix("id: test-2\ndata: b\n\n") })
        }
    }

    @Test func `one watch serves all who look, and a newcomer is sent the value that is known`() async throws {
        let stage = try Stage()
        stage.sampler.set("1", "a")
        try await stage.run {
            let (first, _) = try await stage.join("users/1")
            #expect(await eventually { first.text.contains("data: a") })
            var others: [KeepingOutlet] = []
            for _ in 0..<50 { others.append(try await stage.join("users/1").0) }
            #expect(others.allSatisfy { $0.text == "id: test-1\ndata: a\n\n" })
            #expect(stage.monitor.status.watches == 1)
            let (all, _) = try await stage.join("*")
            #expect(all.text == "id: test-1\ndata: a\n\n")
            #expect(stage.sampler.state.withLock { $0.asked.allSatisfy { $0 == ["users/1"] } })
        }
    }

    @Test func `a watch ends some time after the last has left, and its value is forgotten`() async throws {
        let stage = try Stage()
        stage.sampler.set("1", "a")
        try await stage.run {
            let (outlet, leave) = try await stage.join("users/1")
            #expect(await eventually { outlet.text.contains("data: a") })
            try await leave()
            #expect(await eventually { stage.monitor.status.watches == 0 && stage.sampler.state.withLock(\.isClosed) })
            let asked = stage.sampler.asked
            stage.sampler.set("1", "b")
            try await Task.sleep(for: .milliseconds(100))
            #expect(stage.sampler.asked == asked)
            let (again, _) = try await stage.join("users/1")
            #expect(await eventually { again.text.contains("data: b") })
            #expect(!again.text.contains("data: a"))
        }
    }

    @Test func `whoever may not see a topic brings no watch to life`() async throws {
        let stage = try Stage(isPublic: false)
        stage.sampler.set("1", "a")
        try await stage.run {
            let (stranger, _) = try await stage.join("users/1", grants: ["users/2"])
            try await Task.sleep(for: .milliseconds(60))
            #expect(stage.sampler.asked == 0)
            let (friend, _) = try await stage.join("users/1", grants: ["users/{any}"])
            #expect(await eventually { friend.text.contains("data: a") })
            #expect(stranger.text == "")
        }
    }

    @Test func `what fails is told once, and what is known stays`() async throws {
        let stage = try Stage()
        stage.sampler.set("1", "a")
        try await stage.run {
            let (outlet, _) = try await stage.join("users/1")
            #expect(await eventually { outlet.text.contains("data: a") })
            stage.sampler.state.withLock { $0.problem = SourceProblem(.unavailable, "the database is down") }
            #expect(await eventually { stage.monitor.status.problem == "the database is down" })
            stage.sampler.state.withLock { $0.problem = nil }
            stage.sampler.set("1", "b")
            #expect(await eventually { outlet.text.contains("data: b") && stage.monitor.status.problem == nil })
        }
    }

    @Test func `while something tells of changes, only what is woken is asked`() async throws {
        let stage = try Stage()
        stage.sampler.set("1", "a")
        stage.wakes.works(true)
        try await stage.run {
            let (outlet, _) = try await stage.join("users/1", "users/2")
            #expect(await eventually { stage.monitor.status.updates == 2 })
            let asked = stage.sampler.asked
            try await Task.sleep(for: .milliseconds(100))
            #expect(stage.sampler.asked == asked)
            stage.sampler.set("1", "b")
            stage.wakes.wake(["1", "3"])
            #expect(await eventually { outlet.data.last == "b" })
            #expect(stage.sampler.state.withLock { $0.asked.last } == ["users/1"])
            stage.wakes.wake(nil)
            #expect(await eventually { stage.sampler.state.withLock { $0.asked.last } == ["users/1", "users/2"] })
            // It tells no more: back to asking again and again.
            stage.wakes.works(false, problem: "nobody tells")
            let before = stage.sampler.asked
            #expect(await eventually { stage.sampler.asked > before + 3 })
            #expect(stage.monitor.status.problem == "nobody tells")
            stage.wakes.works(true)
            stage.wakes.wake(["2"])
            #expect(await eventually { stage.monitor.status.problem == nil })
        }
    }

    @Test func `what could not be published is published with the next attempt`() async throws {
        let stage = try Stage(interval: .seconds(3600))
        stage.sampler.state.withLock { $0.problem = SourceProblem(.unavailable, "down") }
        try await stage.run {
            let (outlet, _) = try await stage.join("users/1")
            #expect(await eventually { stage.monitor.status.problem == "down" })
            stage.sampler.set("1", "a")
            stage.sampler.state.withLock { $0.problem = nil }
            // No tick comes within an hour; the retry does.
            #expect(await eventually { outlet.data == ["a"] && stage.monitor.status.problem == nil })
        }
    }

    @Test func `every tick is published where that is wanted`() async throws {
        let stage = try Stage(emitsAlways: true)
        stage.sampler.set("1", "a")
        try await stage.run {
            let (outlet, _) = try await stage.join("users/1")
            #expect(await eventually { outlet.text.contains("id: test-3\ndata: a") })
        }
    }

    @Test func `thousands who come together are asked for in few goes`() async throws {
        let stage = try Stage()
        try await stage.run {
            for number in 0..<2000 { _ = try await stage.join("users/\(number)") }
            #expect(await eventually { stage.monitor.status.updates >= 2000 })
            #expect(stage.monitor.status.watches == 2000)
        }
    }

    private func eventually(_ condition: () -> Bool) async -> Bool {
        let deadline = ContinuousClock.now + .seconds(10)
        while ContinuousClock.now < deadline {
            if condition() { return true }
            try? await Task.sleep(for: .milliseconds(2))
        }
        return condition()
    }
}
