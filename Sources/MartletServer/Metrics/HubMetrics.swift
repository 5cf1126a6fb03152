import CoreMetrics
import Martlet
import MartletMetrics
import NIOCore

/// The hub's metrics: what is recorded as it happens, and what is read when somebody asks.
struct HubMetrics: Sendable {
    /// From when a publisher's updates were queued until the log had them.
    static let publishToLog = "martlet_publish_to_log_seconds"
    static let publishToSocket = "martlet_publish_to_socket_seconds"

    let registry: PrometheusRegistry
    let delay: EventLoopDelay
    let store: String

    init(_ registry: PrometheusRegistry, on group: any EventLoopGroup, store: String) {
        registry.describe(
            Self.publishToLog,
            help: "From when a publisher's updates were queued until the log had them."
        )
        registry.describe(
            Self.publishToSocket,
            help: "From when the oldest update of a batch was queued until a loop had written it to its live streams."
        )
        self.registry = registry
        self.delay = EventLoopDelay(of: group, registry: registry)
        self.store = store
    }

    /// Has what an endpoint counts read at each scrape.
    func collect(from endpoint: HubEndpoint) {
        let store = self.store
        self.registry.collect { samples in
            if let figures = try? await endpoint.figures(store: store) { figures.add(to: &samples) }
            ProcessFigures.now()?.add(to: &samples, descriptorLimit: Descriptors.limit)
        }
    }

    /// How long publishing has taken so far.
    var publishing: HistogramSnapshot { self.registry.histogram(Self.publishToLog).snapshot() }
}
