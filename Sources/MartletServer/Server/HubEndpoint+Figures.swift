import Martlet
import MartletSources
import Synchronization

extension HubEndpoint {
    /// What the hub has counted, and what it is in the midst of.
    ///
    /// - Parameter store: what the log is kept in, as the configuration calls it.
    func figures(store: String) async throws -> HubFigures {
        self.figures(store: store, of: try await self.hub.ask { $0.load() })
    }

    /// The same for whoever has asked the shards already.
    func figures(store: String, of loads: [Shard.Load]) -> HubFigures {
        let total = loads.reduce(into: ShardCounters()) { $0.add($1.counters) }
        let bounds = self.hub.logState.bounds
        var figures = HubFigures()
        figures.version = HubServer.version
        figures.store = store
        figures.isDraining = self.isDraining
        figures.connections = self.connections.load(ordering: .relaxed)
        figures.streams = total.streams
        figures.opened = total.opened
        figures.closed = StreamEnd.allCases.map { ($0.name, total.closed[$0.rawValue]) }
        figures.resumes = ResumeVerdict.allCases.map { ($0.name, total.resumesByVerdict[$0.rawValue]) }
        figures.gaps = total.gaps
        figures.refusals = self.refusals.all.map { ($0.reason.rawValue, $0.count) }
        figures.updates = total.updates
        figures.deliveries = total.deliveries
        figures.bytes = total.bytes
        figures.compressedBytes = total.compressedBytes
        figures.uncompressedBytes = total.uncompressedBytes
        figures.compressions = total.compressions
        figures.lagging = loads.reduce(0) { $0 + $1.lagging }
        figures.behind = loads.map(\.behind).max() ?? 0
        figures.lagged = total.lagged
        // Each loop has the same entries, and shares their bytes.
        figures.tailUpdates = loads.map(\.tailUpdates).max() ?? 0
        figures.tailBytes = loads.map(\.tailBytes).max() ?? 0
        figures.logFirst = Int(bounds.first)
        figures.logLast = Int(bounds.last)
        figures.logBytes = self.hub.logBytes
        figures.sources = self.sources.map(HubFigures.Source.init)
        return figures
    }
}

extension HubFigures.Source {
    init(_ monitor: SourceMonitor) {
        let status = monitor.status
        self.init(
            name: monitor.name,
            kind: monitor.kind,
            watches: status.watches,
            ticks: status.ticks,
            skipped: status.skipped,
            errors: status.errors,
            updates: status.updates,
            problem: status.problem
        )
    }

    /// The source's figures as JSON.
    var json: String {
        let numbers = [
            ("watches", self.watches), ("ticks", self.ticks), ("skipped", self.skipped), ("errors", self.errors),
            ("updates", self.updates),
        ]
        return "{\"name\":\(JSONText.quoted(self.name)),\"kind\":\(JSONText.quoted(self.kind)),"
            + numbers.map { "\"\($0)\":\($1)" }.joined(separator: ",")
            + ",\"problem\":\(self.problem.map { JSONText.quoted($0) } ?? "null")}"
    }
}
