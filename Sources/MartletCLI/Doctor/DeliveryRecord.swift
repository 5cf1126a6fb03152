/// What became of updates that were published to be received.
enum DeliveryRecord: Equatable, Sendable {
    case untried(why: String, cure: String?)
    /// The hub did not take them.
    case refused(status: Int, sentence: String)
    /// - Parameters:
    ///   - browser: Received as browsers do, who take compressed answers.
    ///   - plain: The same without compression; only done if the first was compressed, or something was late or lost.
    case measured(browser: Run, plain: Run?)

    struct Run: Equatable, Sendable {
        var published = 0
        /// From the publish to the receipt, of those that came.
        var seconds: [Double] = []
        var encoding: String?
        /// Whether not even the head was there before the first was published.
        var hadNoHead = false

        static let lateness = 1.0

        var lost: Int { self.published - self.seconds.count }

        var median: Double? {
            guard !self.seconds.isEmpty else { return nil }
            let sorted = self.seconds.sorted()
            let middle = sorted.count / 2
            return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
        }

        var isPrompt: Bool { self.lost == 0 && (self.median ?? .infinity) <= Self.lateness }
    }

    var isHeldBack: Bool {
        guard case .measured(let browser, _) = self else { return false }
        return !browser.isPrompt
    }

    /// Whether events come in time only if they aren't compressed.
    var isDelayedByCompression: Bool {
        guard case .measured(let browser, let plain?) = self else { return false }
        return !browser.isPrompt && plain.isPrompt
    }

    var finding: Finding {
        switch self {
        case .untried(let why, let cure):
            return .skip(.delivery, why, cure: cure)
        case .refused(let status, let sentence):
            let said = sentence.isEmpty ? "" : ": \(sentence)"
            return .skip(
                .delivery,
                "The hub did not let an event be published (\(status)\(said)), so how long one takes isn't known.",
                cure: "Give a token that may publish with --token, or --no-publish if that is not wanted."
            )
        case .measured(let browser, _):
            return self.judge(browser)
        }
    }

    private func judge(_ run: Run) -> Finding {
        let count = spoken(run.published, "published event")
        guard run.lost == 0, let median = run.median else {
            let what =
                run.seconds.isEmpty
                ? "A published event did not come, while its publisher was told that all is well"
                : "Of \(count) \(run.lost) did not come"
            return .fail(.delivery, "\(what): \(self.reason).", cure: self.cure)
        }
        let slowest = run.seconds.max() ?? median
        let times = "\(count) came after \(spoken(median)) (median), the slowest after \(spoken(slowest))"
        if median > Run.lateness {
            return .fail(.delivery, "\(times): \(self.reason).", cure: self.cure, seconds: median)
        }
        if run.hadNoHead {
            return .warn(
                .delivery,
                "\(times), but the answer's head came only with the first.",
                cure: "Have the server send a head and a comment at once; see whether a proxy holds them back.",
                seconds: median
            )
        }
        if median > 0.25 {
            return .warn(
                .delivery,
                "\(times).",
                cure: "That is slow for a push: look at the way to the server (ping), and at how busy it is.",
                seconds: median
            )
        }
        return .ok(.delivery, "\(times): nothing buffers.", seconds: median)
    }

    private var reason: String {
        self.isDelayedByCompression ? "compression holds it back" : "something on the way buffers the stream"
    }

    private var cure: String {
        if self.isDelayedByCompression {
            return "Except text/event-stream from compression (nginx: take it out of gzip_types; Express: "
                + "compression with a filter), or have it flushed after each event."
        }
        return "Switch buffering off for this path. nginx: proxy_buffering off and proxy_http_version "
            + "1.1, and no proxy_ignore_headers X-Accel-Buffering; Apache: flushpackets=on; PHP: output_buffering off and flush(); a virus scanner or "
            + "company proxy: HTTPS."
    }
}
