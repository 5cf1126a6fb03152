import ServerSentEvents

/// Where a subscriber begins, and what it must be told about that.
package struct ResumePoint: Sendable {
    /// It has everything up to here; nil for a newcomer, who gets what comes from now on.
    package var cursor: SequenceNumber?
    /// What the response's `Last-Event-ID` header says; nil if no resume was asked for.
    package var lastEventID: String?
    /// Set if it could not be done as asked.
    package var gap: Gap?
    /// What a newcomer is sent first, of topics that have a backlog.
    package var backlog: [(sequence: SequenceNumber, frame: Frame)]

    /// Whoever comes for the first time, or is told that something is missing, hears what is true now.
    var beginsAnew: Bool { self.lastEventID == nil || self.gap != nil || self.lastEventID == Update.earliest }

    /// For a subscriber that asked for nothing.
    package static let newcomer = ResumePoint()

    package init(
        cursor: SequenceNumber? = nil,
        lastEventID: String? = nil,
        gap: Gap? = nil,
        backlog: [(sequence: SequenceNumber, frame: Frame)] = []
    ) {
        self.cursor = cursor
        self.lastEventID = lastEventID
        self.gap = gap
        self.backlog = backlog
    }
}

/// A place in a subscriber's stream where updates may be missing, and why.
package struct Gap: Sendable, Hashable {
    package enum Reason: String, Sendable {
        /// No update with the id is known.
        case unknownID = "unknown-id"
        /// History between the id and what is kept was trimmed.
        case trimmed
        /// The id is from a log that was lost.
        case newEpoch = "new-epoch"
    }

    package var requested: String
    package var reason: Reason
    package var resumed: String

    package init(requested: String, reason: Reason, resumed: String) {
        self.requested = requested
        self.reason = reason
        self.resumed = resumed
    }

    /// The `martlet:gap` event. Its id is the place resumed from, so that a client that is cut off right after it does
    /// not ask for the old id again.
    package var frame: Frame {
        let data =
            "{\"requested\":\(JSONText.quoted(self.requested)),\"reason\":\"\(self.reason.rawValue)\","
            + "\"resumed\":\(JSONText.quoted(self.resumed))}"
        // Whoever made the request, perhaps for another, has chosen what was requested.
        return Frame(Event(id: self.resumed, type: "martlet:gap", data: data), isPrivate: true)
    }
}
