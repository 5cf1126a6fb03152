import Martlet
import Synchronization
import Testing

@testable import MartletSources

/// An item of each watch, once, unless it can't be had now.
private final class ScriptedReader: ItemReader {
    struct State {
        var unavailable: Set<String> = []
        /// Those that always have more, which is nothing.
        var busy: Set<String> = []
        var asked: Set<String> = []
    }

    let state: Mutex<State>

    init(unavailable: Set<String>, busy: Set<String> = []) {
        self.state = Mutex(State(unavailable: unavailable, busy: busy))
    }

    func read(_ watches: [Watch]) async -> [Result<Items, SourceProblem>] {
        // As long as a round trip.
        try? await Task.sleep(for: .milliseconds(1))
        return self.state.withLock { state in
            watches.map { watch in
                let name = watch.topic.name
                state.asked.insert(name)
                if state.unavailable.contains(name) { return .failure(SourceProblem(.unavailable, "down")) }
                if state.busy.contains(name) { return .success(Items(hasMore: true)) }
                return .success(watch.bookmark == nil ? Items([name], bookmark: "read") : Items())
            }
        }
    }

    func names(of watch: Watch) -> [String] { [] }

    func close() async {}

    var asked: Set<String> { self.state.withLock { $0.asked } }
}

@Suite(.timeLimit(.minutes(1))) struct PolledItemsTests {
    /// Runs a source that asks of its own accord once an hour, while somebody looks at some of its topics.
    private func run(
        _ reader: ScriptedReader,
        looksAt topics: [String],
        _ test: (KeepingOutlet) async throws -> Void
    ) async throws {
        let stage = HubStage(OwnedTopics(of: "jobs", selector: try Selector("jobs/{id}"), isPublic: true))
        let source = PolledSource(
            topics: stage.topics,
            reader: reader,
            options: PollingOptions(interval: .seconds(3600)),
            monitor: stage.monitor,
            clock: ContinuousClock()
        )
        try await stage.run(source) {
            let (outlet, _) = try await stage.join(topics, grants: [])
            try await test(outlet)
        }
    }

    @Test func `after an outage all are asked for again, however many they are`() async throws {
        let topics = (0..<40).map { "jobs/\($0)" }
        let reader = ScriptedReader(unavailable: Set(topics))
        try await self.run(reader, looksAt: topics) { outlet in
            try await eventually("all of them have failed") { reader.asked.count == topics.count }
            reader.state.withLock { $0.unavailable = [] }
            try await eventually("all of them are published") { Set(outlet.data) == Set(topics) }
            #expect(outlet.data.count == topics.count)
        }
    }

    @Test func `what could not be had is asked for again, however many others are due`() async throws {
        let busy = (0..<40).map { "jobs/\($0)" }
        let reader = ScriptedReader(unavailable: ["jobs/late"], busy: Set(busy))
        try await self.run(reader, looksAt: busy + ["jobs/late"]) { outlet in
            try await eventually("it has failed") { reader.asked.contains("jobs/late") }
            reader.state.withLock { $0.unavailable = [] }
            try await eventually("it is published") { outlet.data == ["jobs/late"] }
        }
    }
}
