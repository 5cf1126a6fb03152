import NIOHTTP1
import ServerSentEvents

@testable import EventSourceClient

extension ScriptedServer {
    /// An event source for this server, which waits for nothing unless it is given a clock.
    func source(
        method: HTTPMethod = .GET,
        lastEventID: String = "",
        headers: HTTPHeaders = [:],
        body: String? = nil,
        idleTimeout: Duration? = nil,
        limits: EventParser.Limits = .init(),
        clock: TestClock = .skippingWaits
    ) -> EventSource {
        EventSource(
            url,
            method: method,
            headers: headers,
            body: body.map { Array($0.utf8) },
            configuration: .init(
                lastEventID: lastEventID,
                reconnection: .init(random: { 0 }),
                idleTimeout: idleTimeout,
                limits: limits
            ),
            clock: clock
        )
    }
}

extension TestClock {
    /// Waiting to reconnect takes no time; the five seconds a refusal's body may take never pass.
    static var skippingWaits: TestClock { TestClock { $0 != .seconds(5) } }
}

func events(of source: EventSource) async throws -> [MessageEvent] {
    var events: [MessageEvent] = []
    for try await event in source { events.append(event) }
    return events
}

func items(of source: EventSource) async throws -> [EventSource.Item] {
    var items: [EventSource.Item] = []
    for try await item in source.items { items.append(item) }
    return items
}

/// A state in words; `nil` for an item that is none.
func name(of item: EventSource.Item) -> String? {
    guard case .state(let state) = item else { return nil }
    return switch state {
    case .connecting: "connecting"
    case .open: "open"
    case .waiting(let reason, let delay): "waiting: \(reason.code), \(delay)"
    case .closed: "closed"
    }
}

/// Whether the work ends by itself before the time is over, which cancels it.
func finishes(within limit: Duration, _ work: @escaping @Sendable () async throws -> Void) async -> Bool {
    await withTaskGroup(of: Bool.self) { group in
        group.addTask { (try? await work()) != nil }
        group.addTask {
            try? await Task.sleep(for: limit)
            return false
        }
        defer { group.cancelAll() }
        return await group.next() ?? false
    }
}
