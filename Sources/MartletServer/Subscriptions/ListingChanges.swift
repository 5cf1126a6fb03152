import Martlet
import Synchronization

/// Whether a list of subscriptions that was told with an update's id is still what it was.
///
/// Mercure has the id of the last update as a list's tag, since who comes or goes is announced by an update. But an
/// announcement can fail where the log does, and a hub that was killed had nobody to announce anything for it. It may be
/// used from any thread.
final class ListingChanges: Sendable {
    private let count = Atomic(0)
    /// The last update when the hub began: whoever was told a list with that may have been told of others' streams before.
    private let first: SequenceNumber
    /// The last update when a list was told, and how many had come or gone when that was done first.
    private let told = Mutex<(last: SequenceNumber, changes: Int)?>(nil)

    init(startingAt first: SequenceNumber) {
        self.first = first
    }

    /// How many have come or gone.
    var changes: Int { self.count.load(ordering: .acquiring) }

    func noteChange() { self.count.add(1, ordering: .acquiringAndReleasing) }

    /// Whether nobody has come or gone since a list was told first after this update. Notes that one is told now.
    ///
    /// - Parameters:
    ///   - changes: how many had come or gone before the list was made.
    ///   - last: the log's last update before that.
    func isUnchanged(_ changes: Int, at last: SequenceNumber) -> Bool {
        if last == self.first { return false }
        return self.told.withLock { told in
            if let told, told.last == last { return told.changes == changes }
            told = (last, changes)
            return false
        }
    }
}
