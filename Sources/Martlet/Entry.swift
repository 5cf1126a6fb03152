import NIOCore

/// An update as a shard holds it: encoded, with what is needed to tell who gets it.
///
/// One instance is made per update and shared by all shards.
package final class Entry: Sendable {
    package let sequence: SequenceNumber
    package let topics: [Topic]
    package let isPrivate: Bool
    package let frame: Frame
    /// Whether it makes what came before it on its topic worthless.
    package let isConflated: Bool
    /// What it costs to keep: its bytes and, roughly, what holds and indexes them.
    package let cost: Int

    package init(_ logged: LogEntry, isConflated: Bool = false) {
        self.isConflated = isConflated
        self.sequence = logged.position.sequence
        self.topics = logged.update.topics
        self.isPrivate = logged.update.isPrivate
        self.frame = logged.frame
        self.cost = self.frame.chunk.readableBytes + 160 + logged.update.topicsCost
    }
}

extension LogEntry {
    /// What subscribers are sent of it.
    var frame: Frame { Frame(self.update.event(at: self.position), isPrivate: self.update.isPrivate) }
}
