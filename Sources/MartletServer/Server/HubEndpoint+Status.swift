import Martlet
import MartletSources
import NIOCore
import Synchronization

extension HubEndpoint {
    /// Whether the hub can do its work.
    enum Readiness: Hashable {
        case ready
        case notReady(String)
    }

    /// How many streams are open.
    var openStreams: Int { self.streams.load(ordering: .relaxed) }

    func readiness() async -> Readiness {
        if self.isDraining { return .notReady("The hub is shutting down.") }
        do throws(LogError) {
            try await self.hub.checkLog()
            return .ready
        } catch {
            return .notReady("The log does not work: \(error.message)")
        }
    }

    /// What has been counted, as JSON.
    func statusJSON() async throws -> String {
        let shards = try await self.hub.counters()
        let total = shards.reduce(into: ShardCounters()) { $0.add($1) }
        let (epoch, bounds) = self.hub.logState
        let fields: [(String, Int)] = [
            ("connections", self.connections.load(ordering: .relaxed)),
            ("streams", total.streams),
            ("streamsOpened", total.opened),
            ("resumes", total.resumes),
            ("gaps", total.gaps),
            ("lagged", total.lagged),
            ("stalled", total.stalled),
            ("expired", self.expiredStreams.load(ordering: .relaxed)),
            ("updates", shards.map(\.updates).max() ?? 0),
            ("deliveries", total.deliveries),
            ("eventBytes", total.bytes),
            ("logFirst", Int(bounds.first)),
            ("logLast", Int(bounds.last)),
        ]
        let refusals = self.refusals.all.map { "\"\($0.reason.rawValue)\":\($0.count)" }.joined(separator: ",")
        return "{\"epoch\":\"\(epoch)\"," + fields.map { "\"\($0)\":\($1)" }.joined(separator: ",")
            + ",\"refusals\":{\(refusals)},\"sources\":[\(self.sources.map { HubFigures.Source($0).json }.joined(separator: ","))]}\n"
    }
}

extension SourceMonitor {
    /// The state as a line for people.
    var line: String {
        let status = self.status
        return "source \(self.name) (\(self.kind)): \(status.problem.map { "failing: \($0)" } ?? "ok"), "
            + "\(status.watches) watched"
    }
}
