import CoreMetrics
import Martlet
import NIOCore

/// The endpoints of the admin listener: the hub with everything granted, and under `/stats` a hub of its own in which the
/// figures are published.
struct AdminEndpoint: Sendable {
    /// What is looked at.
    let hub: HubEndpoint
    let rule: OperatorRule
    let endpoint: HubEndpoint
    let stats: Hub
    private let statsEndpoint: HubEndpoint

    /// What the figures are published under.
    static let topic = "stats"
    /// Ten minutes of figures, one a second.
    private static let kept = 600

    init(of hub: HubEndpoint, on group: any EventLoopGroup, token: Secret?) throws {
        let topics = OwnedTopics(
            of: Self.topic,
            selector: try Selector(Self.topic),
            isPublic: true,
            backlog: Self.kept
        )
        let log = MemoryLog(keep: Retention(updates: Self.kept, age: nil), maxBytes: 8 << 20)
        self.hub = hub
        self.rule = OperatorRule(token: token)
        self.stats = Hub(log: log, eventLoopGroup: group, owned: [topics], metrics: NOOPMetricsHandler.instance)
        let access = Access.operators(self.rule)
        self.statsEndpoint = HubEndpoint(hub: self.stats, access: access)
        self.endpoint = HubEndpoint(
            hub: hub.hub,
            access: access,
            siblings: ["/stats": self.statsEndpoint]
        )
    }

    /// Whether somebody has a dashboard open.
    var isWatched: Bool { self.statsEndpoint.openStreams > 0 }
}
