import Logging
import Martlet
import NIOCore
import NIOPosix
import Synchronization

@testable import MartletSources

/// An outlet that keeps what it is sent.
final class KeepingOutlet: StreamOutlet, Sendable {
    private let received = Mutex("")

    var text: String { self.received.withLock { $0 } }

    /// What the events' data was, in order.
    var data: [String] {
        self.text.split(separator: "\n").filter { $0.hasPrefix("data: ") }.map { String($0.dropFirst(6)) }
    }

    func send(_ frame: Frame) -> SendResult {
        self.received.withLock { $0 += String(buffer: frame.payload) }
        return .taken
    }

    var progress: Int { 0 }
    var peer: StreamPeer { StreamPeer() }
    func end(with last: Frame?) {}
}

/// A hub with a source on it, and whoever looks.
final class HubStage: Sendable {
    let hub: Hub
    let topics: OwnedTopics
    let monitor: SourceMonitor
    private let group = MultiThreadedEventLoopGroup.singleton

    init(
        _ topics: OwnedTopics,
        others: [OwnedTopics] = [],
        log: any EventLog = MemoryLog(epoch: Epoch("test")!)
    ) {
        self.topics = topics
        self.hub = Hub(
            log: log,
            eventLoopGroup: self.group,
            settings: Hub.Settings(heartbeat: .hours(1)),
            owned: [topics] + others
        )
        self.monitor = SourceMonitor(
            name: topics.owner,
            kind: "test",
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    /// Runs the hub and a source as long as `test` runs.
    func run(_ source: any Source, _ test: () async throws -> Void) async throws {
        try await withThrowingTaskGroup { group in
            group.addTask { try await self.hub.run() }
            group.addTask { try await source.run(publishingTo: self.hub) }
            try await test()
            group.cancelAll()
        }
    }

    /// Somebody who looks until what is returned is called.
    func join(_ selectors: String..., grants: [String] = []) async throws -> (KeepingOutlet, () async throws -> Void) {
        try await self.join(selectors, grants: grants)
    }

    func join(_ selectors: [String], grants: [String]) async throws -> (KeepingOutlet, () async throws -> Void) {
        let interest = Interest(
            selectors: try selectors.map { try Selector($0) },
            grants: try grants.map { try Selector($0) }
        )
        let outlet = KeepingOutlet()
        let eventLoop = self.group.next()
        let hub = self.hub
        let subscriber = try await eventLoop.submit {
            let subscriber = hub.shard(on: eventLoop).join(interest, from: .newcomer, outlet: outlet)
            return NIOLoopBound(subscriber, eventLoop: eventLoop)
        }.get()
        return (outlet, { try await eventLoop.submit { hub.shard(on: eventLoop).leave(subscriber.value) }.get() })
    }
}
