import MartletMetrics

/// What the hub has counted, and what it is in the midst of, at one moment: put together whenever somebody asks, from the
/// plain numbers that its parts keep on their own loops.
struct HubFigures: Sendable {
    /// One value of a label, with how often it was that.
    typealias Count = (label: String, count: Int)

    var version = ""
    /// What the log is kept in, as the configuration calls it.
    var store = ""
    var isDraining = false

    var connections = 0
    var streams = 0
    var opened = 0
    /// By reason, each of them.
    var closed: [Count] = []
    /// By verdict, each of them.
    var resumes: [Count] = []
    var gaps = 0
    /// By reason, each of them.
    var refusals: [Count] = []

    var updates = 0
    var deliveries = 0
    var bytes = 0
    /// Those of them that were sent compressed, and what they were before.
    var compressedBytes = 0
    var uncompressedBytes = 0
    var compressions = 0

    /// Streams that have yet to be sent something.
    var lagging = 0
    /// By how many updates the one that is furthest behind lags.
    var behind = 0
    /// Times that the socket of a live stream was full.
    var lagged = 0
    var tailUpdates = 0
    var tailBytes = 0

    var logFirst = 1
    var logLast = 0
    var logBytes: Int?

    var sources: [Source] = []

    /// What a source has counted.
    struct Source: Sendable {
        var name: String
        var kind: String
        var watches = 0
        var ticks = 0
        var skipped = 0
        var errors = 0
        var updates = 0
        /// What is wrong with it right now.
        var problem: String?
    }
}

extension HubFigures {
    /// Adds everything to a scrape.
    func add(to samples: inout PrometheusSamples) {
        samples.gauge(
            "martlet_build_info",
            help: "Always 1.",
            1,
            labels: [("version", self.version), ("log", self.store)]
        )
        samples.gauge(
            "martlet_draining",
            help: "1 while streams are being ended because the server stops, else 0.",
            self.isDraining ? 1 : 0
        )
        self.addStreams(to: &samples)
        self.addUpdates(to: &samples)
        self.addLog(to: &samples)
        for source in self.sources { source.add(to: &samples) }
    }

    private func addStreams(to samples: inout PrometheusSamples) {
        samples.gauge("martlet_connections", help: "Connections that are open.", self.connections)
        samples.gauge("martlet_streams", help: "Streams that are open.", self.streams)
        samples.counter("martlet_streams_opened_total", help: "Streams that were opened.", self.opened)
        for (reason, count) in self.closed {
            samples.counter(
                "martlet_streams_closed_total",
                help: "Streams that were closed, by reason.",
                count,
                labels: [("reason", reason)]
            )
        }
        for (verdict, count) in self.resumes {
            samples.counter(
                "martlet_resumes_total",
                help: "Streams that began with an id to go on from, by what became of that.",
                count,
                labels: [("verdict", verdict)]
            )
        }
        samples.counter("martlet_gaps_total", help: "Gaps that clients were told of.", self.gaps)
        for (reason, count) in self.refusals {
            samples.counter(
                "martlet_refusals_total",
                help: "Requests that were refused, by reason.",
                count,
                labels: [("reason", reason)]
            )
        }
    }

    private func addUpdates(to samples: inout PrometheusSamples) {
        samples.counter("martlet_updates_total", help: "Updates that were published.", self.updates)
        samples.counter(
            "martlet_deliveries_total",
            help: "Updates that were sent, each counted once per stream.",
            self.deliveries
        )
        samples.counter("martlet_sent_bytes_total", help: "Bytes of events that were sent.", self.bytes)
        samples.counter(
            "martlet_compressed_bytes_total",
            help: "Those of the bytes sent that were compressed.",
            self.compressedBytes
        )
        samples.counter(
            "martlet_uncompressed_bytes_total",
            help: "What the bytes that were sent compressed were before.",
            self.uncompressedBytes
        )
        samples.counter(
            "martlet_compressions_total",
            help: "How often events were compressed, whoever was sent them.",
            self.compressions
        )
        samples.gauge(
            "martlet_lagging_streams",
            help: "Streams that have yet to be sent something: their socket is full, or they read history.",
            self.lagging
        )
        samples.gauge(
            "martlet_lag_updates",
            help: "By how many updates of the log the stream that is furthest behind lags.",
            self.behind
        )
        samples.counter(
            "martlet_streams_lagged_total",
            help: "Times that the socket of a stream that had everything was full.",
            self.lagged
        )
    }

    private func addLog(to samples: inout PrometheusSamples) {
        samples.gauge(
            "martlet_tail_updates",
            help: "Encoded updates that each event loop keeps for those who lag.",
            self.tailUpdates
        )
        samples.gauge("martlet_tail_bytes", help: "Bytes of the tail of each event loop.", self.tailBytes)
        samples.gauge("martlet_log_updates", help: "Updates in the log.", self.logLast - self.logFirst + 1)
        if let bytes = self.logBytes {
            samples.gauge("martlet_log_bytes", help: "Bytes that the log takes in memory or on disk.", bytes)
        }
        samples.gauge(
            "martlet_log_first_sequence",
            help: "The number of the oldest update that is kept.",
            self.logFirst
        )
        samples.gauge("martlet_log_last_sequence", help: "The number of the newest update.", self.logLast)
    }
}

extension HubFigures.Source {
    fileprivate func add(to samples: inout PrometheusSamples) {
        let labels = [("source", self.name), ("kind", self.kind)]
        samples.gauge(
            "martlet_source_up",
            help: "0 while the source fails, else 1.",
            self.problem == nil ? 1 : 0,
            labels: labels
        )
        samples.gauge("martlet_source_watches", help: "What the source watches.", self.watches, labels: labels)
        samples.counter(
            "martlet_source_ticks_total",
            help: "How often the source asked for values.",
            self.ticks,
            labels: labels
        )
        samples.counter(
            "martlet_source_skipped_ticks_total",
            help: "Ticks left out because the one before was not over.",
            self.skipped,
            labels: labels
        )
        samples.counter(
            "martlet_source_errors_total",
            help: "How often the source could not have something.",
            self.errors,
            labels: labels
        )
        samples.counter(
            "martlet_source_updates_total",
            help: "Updates that the source has published.",
            self.updates,
            labels: labels
        )
    }
}
