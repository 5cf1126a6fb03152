/// What one probe of `martlet doctor` came to. A plain value, made by judging what was observed.
struct Finding: Equatable, Sendable {
    enum Verdict: String, Sendable {
        /// As it should be.
        case ok
        /// It works, but not everywhere, or not for ever.
        case warn
        /// Events don't reach a page, or not in time.
        case fail
        /// Was not looked at; the sentence says why.
        case skip
    }

    /// What was looked at, for programs, in the order it is told; `docs/doctor.md` lists them.
    enum ID: String, CaseIterable, Sendable {
        case connect, tls, redirect, answer, status
        case contentType = "content-type"
        case httpVersion = "http-version"
        case firstByte = "first-byte"
        case delivery, compression, format, heartbeat
        case streamEnd = "stream-end"
        case retry, resume, gap, cors
        case corsPreflight = "cors-preflight"
        case caching, proxies
    }

    let id: ID
    let verdict: Verdict
    let sentence: String
    /// What to do about it; `nil` where there is nothing to do.
    let cure: String?
    /// The time that was measured, if the finding is about one.
    let seconds: Double?

    private init(_ id: ID, _ verdict: Verdict, _ sentence: String, _ cure: String?, _ seconds: Double?) {
        self.id = id
        self.verdict = verdict
        self.sentence = sentence
        self.cure = cure
        self.seconds = seconds
    }

    static func ok(_ id: ID, _ sentence: String, seconds: Double? = nil) -> Finding {
        Finding(id, .ok, sentence, nil, seconds)
    }

    static func warn(_ id: ID, _ sentence: String, cure: String, seconds: Double? = nil) -> Finding {
        Finding(id, .warn, sentence, cure, seconds)
    }

    static func fail(_ id: ID, _ sentence: String, cure: String, seconds: Double? = nil) -> Finding {
        Finding(id, .fail, sentence, cure, seconds)
    }

    static func skip(_ id: ID, _ sentence: String, cure: String? = nil) -> Finding {
        Finding(id, .skip, sentence, cure, nil)
    }
}

/// A time for people: `3 ms`, `1.2 s`, `20 s`.
func spoken(_ seconds: Double) -> String {
    let milliseconds = (seconds * 1000).rounded()
    if milliseconds < 1000 { return "\(Int(milliseconds)) ms" }
    let tenths = Int((seconds * 10).rounded())
    return tenths.isMultiple(of: 10) ? "\(tenths / 10) s" : "\(tenths / 10).\(tenths % 10) s"
}

/// Several for people: `1 event`, `2 events`.
func spoken(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
}
