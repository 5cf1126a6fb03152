import NIOHTTP1
import ServerSentEvents

@testable import EventSourceClient

extension ScriptedServer {
    /// An event source for this server, which waits for nothing unless it is given a clock.
    func source(
        lastEventID: String = "",
        headers: HTTPHeaders = [:],
        idleTimeout: Duration? = nil,
        limits: EventParser.Limits = .init(),
        clock: TestClock = .skippingWaits,
        onStateChange: (@Sendable (EventSource.State) -> Void)? = nil
    ) -> EventSource {
        EventSource(
            url,
            headers: headers,
            configuration: .init(
                lastEventID: lastEventID,
                reconnection: .init(random: { 0 }),
                idleTimeout: idleTimeout,
                limits: limits
            ),
            clock: clock,
            onStateChange: onStateChange
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

func name(of state: EventSource.State) -> String {
    switch state {
    case .connecting: "connecting"
    case .open: "open"
    case .waiting(let reason, let delay): "waiting: \(reason.code), \(delay)"
    case .closed: "closed"
    }
}
