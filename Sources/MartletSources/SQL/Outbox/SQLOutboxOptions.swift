/// What a ``SQLOutboxSource`` reads, and when.
package struct SQLOutboxOptions: Sendable {
    /// The columns of the table that make an update.
    package struct Columns: Sendable, Hashable {
        /// An integer that grows: the update's id.
        package var key: SQLIdentifier
        /// Where it goes, unless the source has topics of its own.
        package var topic: SQLIdentifier
        package var data: SQLIdentifier
        /// The event's type, if there is such a column.
        package var type: SQLIdentifier?
        /// Whether only who was granted the topic may see it, if there is such a column; where it is NULL, as the source.
        package var isPrivate: SQLIdentifier?

        /// Names columns.
        ///
        /// - Throws: ``SQLError`` for what can be no column's name.
        package init(
            key: String = "id",
            topic: String = "topic",
            data: String = "data",
            type: String? = nil,
            isPrivate: String? = nil
        ) throws(SQLError) {
            self.key = try SQLIdentifier(column: key)
            self.topic = try SQLIdentifier(column: topic)
            self.data = try SQLIdentifier(column: data)
            self.type = if let type { try SQLIdentifier(column: type) } else { nil }
            self.isPrivate = if let isPrivate { try SQLIdentifier(column: isPrivate) } else { nil }
        }
    }

    /// Where to begin when no position is kept.
    package enum Start: String, Sendable, CaseIterable {
        /// With the first row: the table is a list of what is to be delivered.
        case all
        /// With what is inserted from now on.
        case new
    }

    package var table: SQLIdentifier
    package var columns: Columns
    package var start: Start
    /// Whether everybody may see the updates, where no column says so.
    package var isPublic: Bool
    /// The time between two looks.
    package var interval: Duration
    /// The time between two looks while something tells when to look: so that what it misses is not missed for ever.
    package var calmInterval: Duration
    /// How long a missing key holds up those after it.
    package var gapWait: Duration
    /// Whether nothing is asked while nobody looks; for a source with topics of its own.
    package var isOnDemand: Bool
    /// How long it goes on when nobody looks any more.
    package var linger: Duration

    /// Makes options; what isn't given is as most need it.
    ///
    /// - Throws: ``SQLError`` for what can be no table's name.
    package init(
        table: String,
        columns: Columns,
        start: Start = .all,
        isPublic: Bool = false,
        interval: Duration = .seconds(1),
        calmInterval: Duration = .seconds(60),
        gapWait: Duration = .seconds(2),
        isOnDemand: Bool = false,
        linger: Duration = .seconds(10)
    ) throws(SQLError) {
        self.table = try SQLIdentifier(table: table)
        self.columns = columns
        self.start = start
        self.isPublic = isPublic
        self.interval = interval
        self.calmInterval = max(calmInterval, interval)
        self.gapWait = gapWait
        self.isOnDemand = isOnDemand
        self.linger = linger
    }
}
