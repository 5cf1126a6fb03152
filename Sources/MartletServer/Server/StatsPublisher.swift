import Foundation
import Martlet
import MartletMetrics

/// Publishes the hub's figures once a second to the hub of the admin listener, for the dashboard.
///
/// One task, the one that runs it.
struct StatsPublisher: Sendable {
    private static let interval = Duration.seconds(1)
    private static let maxTopics = 20

    let endpoint: HubEndpoint
    let metrics: HubMetrics
    let admin: AdminEndpoint
    let topic: Topic

    /// Publishes until the task is cancelled.
    func run() async {
        let start = ContinuousClock.now
        var before = self.metrics.publishing
        _ = try? await self.endpoint.hub.ask { _ = $0.takeRecentTopics() }
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.interval)
            let now = self.metrics.publishing
            guard let data = try? await self.stats(of: now.since(before), uptime: ContinuousClock.now - start) else {
                continue
            }
            before = now
            guard let update = try? Update(topic: self.topic, data: data) else { continue }
            _ = try? await self.admin.stats.publish([update])
        }
    }

    private func stats(of publishing: HistogramSnapshot, uptime: Duration) async throws -> String {
        let figures = try await self.endpoint.figures(store: self.metrics.store)
        let process = ProcessFigures.now()
        let (epoch, _) = self.endpoint.hub.logState
        let fields: [(String, String)] = [
            ("time", "\(Int(Date().timeIntervalSince1970 * 1000))"),
            ("uptime", Self.text(uptime / .seconds(1))),
            ("version", JSONText.quoted(figures.version)),
            ("epoch", JSONText.quoted("\(epoch)")),
            ("draining", "\(figures.isDraining)"),
            ("streams", "\(figures.streams)"),
            ("connections", "\(figures.connections)"),
            ("lagging", "\(figures.lagging)"),
            ("behind", "\(figures.behind)"),
            ("opened", "\(figures.opened)"),
            ("closed", Self.object(figures.closed)),
            ("updates", "\(figures.updates)"),
            ("deliveries", "\(figures.deliveries)"),
            ("bytes", "\(figures.bytes)"),
            ("resumes", "\(figures.resumes.reduce(0) { $0 + $1.count })"),
            ("gaps", "\(figures.gaps)"),
            ("lagged", "\(figures.lagged)"),
            ("refusals", Self.object(figures.refusals)),
            ("publish", Self.object(of: publishing)),
            ("loopDelay", Self.text(self.metrics.delay.takeLongest())),
            (
                "log",
                """
                {"store":\(JSONText.quoted(figures.store)),"first":\(figures.logFirst),"last":\(figures.logLast),\
                "bytes":\(figures.logBytes.map { "\($0)" } ?? "null")}
                """
            ),
            ("tail", "{\"updates\":\(figures.tailUpdates),\"bytes\":\(figures.tailBytes)}"),
            (
                "process",
                process.map { "{\"memory\":\($0.residentBytes),\"cpu\":\(Self.text($0.cpuSeconds))}" } ?? "null"
            ),
            ("topics", try await self.topics()),
            ("sources", "[\(figures.sources.map(\.json).joined(separator: ","))]"),
        ]
        return "{" + fields.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}"
    }

    /// The busiest topics of the last second, then those with the most streams.
    private func topics() async throws -> String {
        // Each loop is told of every update; one of them will do.
        let recent = try await self.endpoint.hub.ask { $0.takeRecentTopics() }.first ?? [:]
        var topics = recent.sorted { $0.value > $1.value }.prefix(Self.maxTopics).map(\.key)
        // To find the others all topics are looked at, which nobody should wait for while nobody looks.
        let isWatched = self.admin.isWatched
        let loops = try await self.endpoint.hub.ask { isWatched ? $0.busiestTopics(Self.maxTopics) : [] }
        for (topic, _) in loops.joined().sorted(by: { $0.streams > $1.streams })
        where topics.count < Self.maxTopics && !topics.contains(topic) {
            topics.append(topic)
        }
        let shown = topics
        let streams = try await self.endpoint.hub.ask { shard in shown.map { shard.streamCount(of: $0) } }
        let rows = shown.enumerated().map { index, topic in
            """
            {"topic":\(JSONText.quoted(topic.name)),"updates":\(recent[topic] ?? 0),\
            "streams":\(streams.reduce(0) { $0 + $1[index] })}
            """
        }
        return "[\(rows.joined(separator: ","))]"
    }

    private static func object(_ counts: [HubFigures.Count]) -> String {
        "{" + counts.map { "\(JSONText.quoted($0.label)):\($0.count)" }.joined(separator: ",") + "}"
    }

    private static func object(of publishing: HistogramSnapshot) -> String {
        guard let half = publishing.quantile(0.5), let most = publishing.quantile(0.99) else { return "null" }
        return "{\"count\":\(publishing.count),\"p50\":\(Self.text(half)),\"p99\":\(Self.text(most))}"
    }

    /// A number of JSON, to the microsecond.
    private static func text(_ number: Double) -> String { "\((number * 1e6).rounded() / 1e6)" }
}
