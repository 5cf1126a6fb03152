/// What became of one publisher's updates: they follow one another in the log.
package struct PublishedRange: Sendable {
    private let epoch: Epoch
    private let first: SequenceNumber
    private let updates: [Update]

    init(epoch: Epoch, first: SequenceNumber, updates: [Update]) {
        self.epoch = epoch
        self.first = first
        self.updates = updates
    }

    /// The ids under which subscribers see them, in order.
    package var ids: [String] {
        self.updates.enumerated().map { offset, update in
            update.id ?? Position(epoch: self.epoch, sequence: self.first + SequenceNumber(offset)).description
        }
    }
}
