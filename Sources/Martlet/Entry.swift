import NIOCore

/// An update as a shard holds it: encoded, with what is needed to tell who gets it.
///
/// One instance is made per update and shared by all shards.
package final class Entry: Sendable {
    package let sequence: SequenceNumber
    package let topics: [Topic]
    package let isPrivate: Bool
    package let frame: Frame

    package init(_ logged: LogEntry) {
        self.sequence = logged.position.sequence
        self.topics = logged.update.topics
        self.isPrivate = logged.update.isPrivate
        self.frame = Frame(logged.update.event(at: logged.position))
    }

    /// What it costs to keep: its bytes and, roughly, what holds them.
    package var cost: Int { self.frame.chunk.readableBytes + 160 }
}
