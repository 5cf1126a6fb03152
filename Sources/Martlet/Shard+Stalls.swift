import NIOCore

/// Readers that make no progress. They are looked at only while somebody waits for room.
extension Shard {
    /// Leaves a subscriber alone until its socket has room.
    func wait(_ subscriber: Subscriber, cursor: SequenceNumber) {
        subscriber.cursor = cursor
        subscriber.state = .waitingForRoom
        subscriber.progress = subscriber.outlet.progress
        subscriber.progressed = self.eventLoop.now
        self.waiting[ObjectIdentifier(subscriber)] = subscriber
        self.lookForStalls()
    }

    private func lookForStalls() {
        if self.isLooking || self.waiting.isEmpty { return }
        self.isLooking = true
        self.eventLoop.assumeIsolated().scheduleTask(in: self.settings.stallTick) {
            self.isLooking = false
            self.endStalled()
            self.lookForStalls()
        }
    }

    /// Closes those that have made no progress for too long; what they miss stays in the log.
    private func endStalled() {
        let now = self.eventLoop.now
        for subscriber in Array(self.waiting.values) {
            // Ending one may have closed others of its connection.
            guard case .waitingForRoom = subscriber.state else { continue }
            let progress = subscriber.outlet.progress
            if progress != subscriber.progress {
                subscriber.progress = progress
                subscriber.progressed = now
            } else if now - subscriber.progressed >= self.settings.stall {
                self.counters.stalled += 1
                subscriber.ending = .stalled
                self.end(subscriber)
            }
        }
    }
}
