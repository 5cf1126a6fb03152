import Martlet
import Synchronization

/// Updates between one task that brings them and one that publishes them, which takes all there are at once. Bounded: who
/// brings more waits.
final class UpdateQueue: Sendable {
    private let capacity: Int
    private let updates = Mutex<[Update]>([])
    private let hasUpdates = Signal()
    private let hasRoom = Signal()

    init(capacity: Int) {
        self.capacity = capacity
    }

    /// Adds an update, once there is room for it or the task is cancelled.
    func add(_ update: Update) async {
        while self.updates.withLock({ $0.count >= self.capacity }), !Task.isCancelled { await self.hasRoom.wait() }
        self.updates.withLock { $0.append(update) }
        self.hasUpdates.raise()
    }

    /// Takes all there are, once there are any; none if the task is cancelled.
    func take() async -> [Update] {
        await self.hasUpdates.wait()
        let taken = self.updates.withLock { updates in
            defer { updates = [] }
            return updates
        }
        self.hasRoom.raise()
        return taken
    }
}
