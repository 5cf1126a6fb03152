import Foundation
import Martlet
import MartletMetrics

/// Publishes the hub's figures of every second to the hub of the admin listener, for the dashboard.
///
/// While nobody has that open they wait for one another, since what is published wakes every event loop. One task, the
/// one that runs it.
struct StatsPublisher: Sendable {
    private static let interval = Duration.seconds(1)
    private static let maxTopics = 20
    /// As much of the past as one who opens the dashboard gets a second late.
    private static let maxUnseen = 10

    let endpoint: HubEndpoint
    let metrics: HubMetrics
    let admin: AdminEndpoint
    let topic: Topic

    /// Publishes until the task is cancelled.
    func run() async {
        let start = ContinuousClock.now
        var before = self.metrics.publishing
        var unseen: [Update] = []
        // Each loop is told of every update; one of them will do.
        _ = try? await self.endpoint.hub.ask({ $0.countRecentTopics() }, of: 0)
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.interval)
            let now = self.metrics.publishing
            guard let data = try? await self.stats(of: now.since(before), uptime: ContinuousClock.now - start) else {
                continue
            }
            before = now
            guard let update = try? Update(topic: self.topic, data: data) else { continue }
            unseen.append(update)
            guard self.admin.isWatched || unseen.count >= Self.maxUnseen else { continue }
            _ = try? await self.admin.stats.publish(unseen)
            unseen = []
        }
    }

    private func stats(of publishing: HistogramSnapshot, uptime: Duration) async throws -> String {
        // To find the topics with the most streams all are looked at, which nobody should wait for while nobody looks.
        let mostStreams = self.admin.isWatched ? Self.maxTopics : 0
        // Asked all at once: each question wakes every event loop.
        let loops = try await self.endpoint.hub.ask { shard in
            (
                load: shard.load(),
                recent: shard.takeRecentTopics(),
                busiest: mostStreams > 0 ? shard.busiestTopics(mostStreams) : []
            )
        }
        let figures = self.endpoint.figures(store: self.metrics.store, of: loops.map(\.load))
        let topics = try await self.topics(recent: loops.first?.recent ?? [:], busiest: loops.flatMap(\.busiest))
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
            ("topics", topics),
            ("sources", "[\(figures.sources.map(\.json).joined(separator: ","))]"),
        ]
        return "{" + fields.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}"
    }

    /// The busiest topics of the last second, then those with the most streams.
    private func topics(recent: [Topic: Int], busiest: [(topic: Topic, streams: Int)]) async throws -> String {
        var topics = recent.sorted { $0.value > $1.value }.prefix(Self.maxTopics).map(\.key)
        for (topic, _) in busiest.sorted(by: { $0.streams > $1.streams })
        where topics.count < Self.maxTopics && !topics.contains(topic) {
            topics.append(topic)
        }
        guard !topics.isEmpty else { return "[]" }
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
