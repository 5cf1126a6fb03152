import Martlet
import NIOCore
import NIOPosix
import Synchronization

/// Runs a hub on loops of its own while `body` does.
func withHub(
    log: any EventLog,
    loops: Int = 1,
    settings: Hub.Settings = Hub.Settings(),
    _ body: @Sendable (Hub, MultiThreadedEventLoopGroup) async throws -> Void
) async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: loops)
    let hub = Hub(log: log, eventLoopGroup: group, settings: settings)
    let result: Result<Void, any Error>
    do {
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { try await hub.run() }
            try await body(hub, group)
            tasks.cancelAll()
        }
        result = .success(())
    } catch {
        result = .failure(error)
    }
    try await group.shutdownGracefully()
    try result.get()
}

/// What became of updates that were published without a task.
final class Outcomes: Sendable {
    private let results = Mutex<[Result<[String], PublishError>]>([])

    var all: [Result<[String], PublishError>] { self.results.withLock { $0 } }
    var ids: [String] { self.all.flatMap { (try? $0.get()) ?? [] } }
    var errors: [PublishError] {
        self.all.compactMap { if case .failure(let error) = $0 { error } else { nil } }
    }

    /// Publishes; it is queued when this returns.
    func publish(_ updates: [Update], to hub: Hub) {
        hub.publish(updates) { result in
            let ids = result.map(\.ids)
            self.results.withLock { $0.append(ids) }
        }
    }
}
