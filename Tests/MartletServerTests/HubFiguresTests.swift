import Logging
import MartletMetrics
import Testing

@testable import MartletServer

@Suite("The hub's figures as metrics")
struct HubFiguresTests {
    private func rows(_ figures: HubFigures) async -> [String] {
        let registry = PrometheusRegistry(logger: Logger(label: "test"))
        registry.collect { figures.add(to: &$0) }
        return await registry.text().split(separator: "\n").filter { !$0.hasPrefix("#") }.map(String.init)
    }

    @Test func `Each number is where it belongs`() async {
        var figures = HubFigures()
        figures.version = "1.2.3"
        figures.store = "sqlite"
        figures.isDraining = true
        figures.connections = 1
        figures.streams = 2
        figures.opened = 3
        figures.closed = [("client", 4), ("drain", 0)]
        figures.resumes = [("exact", 5)]
        figures.gaps = 6
        figures.refusals = [("malformed", 7)]
        figures.updates = 8
        figures.deliveries = 9
        figures.bytes = 10
        figures.compressedBytes = 18
        figures.uncompressedBytes = 19
        figures.compressions = 20
        figures.lagging = 11
        figures.behind = 12
        figures.lagged = 13
        figures.tailUpdates = 14
        figures.tailBytes = 15
        figures.logFirst = 101
        figures.logLast = 116
        figures.logBytes = 17
        #expect(
            await self.rows(figures) == [
                "martlet_build_info{log=\"sqlite\",version=\"1.2.3\"} 1",
                "martlet_compressed_bytes_total 18",
                "martlet_compressions_total 20",
                "martlet_connections 1",
                "martlet_deliveries_total 9",
                "martlet_draining 1",
                "martlet_gaps_total 6",
                "martlet_lag_updates 12",
                "martlet_lagging_streams 11",
                "martlet_log_bytes 17",
                "martlet_log_first_sequence 101",
                "martlet_log_last_sequence 116",
                "martlet_log_updates 16",
                "martlet_refusals_total{reason=\"malformed\"} 7",
                "martlet_resumes_total{verdict=\"exact\"} 5",
                "martlet_sent_bytes_total 10",
                "martlet_streams 2",
                "martlet_streams_closed_total{reason=\"client\"} 4",
                "martlet_streams_closed_total{reason=\"drain\"} 0",
                "martlet_streams_lagged_total 13",
                "martlet_streams_opened_total 3",
                "martlet_tail_bytes 15",
                "martlet_tail_updates 14",
                "martlet_uncompressed_bytes_total 19",
                "martlet_updates_total 8",
            ]
        )
    }

    @Test func `What is not known is left out, and an empty log has no updates`() async {
        let rows = await self.rows(HubFigures())
        #expect(rows.contains("martlet_log_updates 0"))
        #expect(!rows.contains { $0.hasPrefix("martlet_log_bytes") })
        #expect(!rows.contains { $0.hasPrefix("martlet_source") })
    }

    @Test func `Each source has its own series`() async {
        var figures = HubFigures()
        figures.sources = [
            HubFigures.Source(
                name: "notices",
                kind: "sql",
                watches: 1,
                ticks: 2,
                skipped: 3,
                errors: 4,
                updates: 5,
                problem: "down"
            ),
            HubFigures.Source(name: "now", kind: "clock"),
        ]
        let rows = await self.rows(figures)
        #expect(
            rows.filter { $0.contains("notices") } == [
                "martlet_source_errors_total{kind=\"sql\",source=\"notices\"} 4",
                "martlet_source_skipped_ticks_total{kind=\"sql\",source=\"notices\"} 3",
                "martlet_source_ticks_total{kind=\"sql\",source=\"notices\"} 2",
                "martlet_source_up{kind=\"sql\",source=\"notices\"} 0",
                "martlet_source_updates_total{kind=\"sql\",source=\"notices\"} 5",
                "martlet_source_watches{kind=\"sql\",source=\"notices\"} 1",
            ]
        )
        #expect(rows.contains("martlet_source_up{kind=\"clock\",source=\"now\"} 1"))
    }

    @Test(.enabled(if: ProcessFigures.now() != nil))
    func `The process has the names that all clients use`() async throws {
        let figures = try #require(ProcessFigures.now())
        let registry = PrometheusRegistry(logger: Logger(label: "test"))
        registry.collect { figures.add(to: &$0, descriptorLimit: 1024) }
        let text = await registry.text()
        for row in [
            "process_cpu_seconds_total \(figures.cpuSeconds)\n",
            "process_resident_memory_bytes \(figures.residentBytes)\n", "process_max_fds 1024\n",
            "# TYPE process_open_fds gauge\n", "# TYPE process_start_time_seconds gauge\n",
        ] {
            #expect(text.contains(row))
        }
    }
}
