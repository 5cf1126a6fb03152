/// What came of a reconnection with the id of an event that was not the last.
enum ResumeRecord: Equatable, Sendable {
    case untried(why: String)
    /// Events came, and have no id.
    case noIDs
    /// - Parameters:
    ///   - wanted: What should come first: the ids after the one that was sent.
    ///   - found: The ids that came.
    ///   - answered: The answer's `Last-Event-ID`.
    case tried(sent: String, wanted: [String], found: [String], answered: String?, seconds: Double)

    var finding: Finding {
        let cure =
            "Keep a history of events, and on a request with Last-Event-ID send those after it first; a hub does."
        switch self {
        case .untried(let why):
            return .skip(.resume, why)
        case .noIDs:
            return .warn(
                .resume,
                "Events have no id, so a page that reconnects can't say where it was, and misses what came meanwhile.",
                cure: "Send an id: line with each event, and on a request with Last-Event-ID what came after it."
            )
        case .tried(let sent, let wanted, let found, let answered, let seconds):
            if Array(found.prefix(wanted.count)) == wanted {
                let count = wanted.count == 1 ? "the event" : "all \(wanted.count) events"
                return .ok(
                    .resume,
                    "After a reconnection \(count) since the last one seen came again, in order.",
                    seconds: seconds
                )
            }
            if found.first == sent {
                return .warn(
                    .resume,
                    "After a reconnection the last event seen is sent again.",
                    cure: "Begin after the event whose id Last-Event-ID is, not with it."
                )
            }
            if found.contains(where: wanted.contains) {
                return .warn(
                    .resume,
                    "After a reconnection only some of the missed events came, or in another order.",
                    cure: cure
                )
            }
            let echoed = answered == sent ? ", although the answer claims to begin there" : ""
            return .warn(
                .resume,
                "Events missed between two connections are lost: Last-Event-ID is not honoured\(echoed).",
                cure: cure
            )
        }
    }
}

/// Whether a reconnection with an id the server can't know is told that there is a gap.
enum GapRecord: Equatable, Sendable {
    case untried(why: String)
    case tried(sent: String, answered: String?, firstType: String?)

    var finding: Finding {
        switch self {
        case .untried(let why):
            return .skip(.gap, why)
        case .tried(_, _, let type?) where type.lowercased().contains("gap"):
            return .ok(.gap, "A page whose place in the history is lost is told so, by an event of type \(type).")
        case .tried(let sent, let answered?, _) where answered != sent:
            return .ok(.gap, "A page whose place in the history is lost is told so, by the answer's Last-Event-ID.")
        case .tried:
            return .warn(
                .gap,
                "A page whose place in the history is lost is not told, and goes on as if nothing were missing.",
                cure:
                    "Answer an unknown Last-Event-ID with an event that says so, or with the id that is begun from in "
                    + "the header Last-Event-ID; have the page load its state anew then."
            )
        }
    }
}
