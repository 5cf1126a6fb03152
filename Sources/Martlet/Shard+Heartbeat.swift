import NIOCore

/// One timer per shard: at each tick one slice of the subscribers gets a heartbeat, and those that wait for room are
/// looked at. It runs only while there are subscribers.
extension Shard {
    func addToHeartbeat(_ subscriber: Subscriber) {
        let slice = self.joinSlice
        self.joinSlice = (slice + 1) % self.slices.count
        subscriber.heartbeatSlot = (slice, self.slices[slice].count)
        self.slices[slice].append(subscriber)
        guard self.ticking == nil else { return }
        let tick = self.settings.tick
        let bound = NIOLoopBound(self, eventLoop: self.eventLoop)
        self.ticking = self.eventLoop.scheduleRepeatedTask(initialDelay: tick, delay: tick) { _ in bound.value.tick() }
    }

    func removeFromHeartbeat(_ subscriber: Subscriber) {
        let (slice, index) = subscriber.heartbeatSlot
        let last = self.slices[slice].removeLast()
        if last !== subscriber {
            self.slices[slice][index] = last
            last.heartbeatSlot.index = index
        }
        if self.counters.streams == 1 {
            self.ticking?.cancel()
            self.ticking = nil
        }
    }

    private func tick() {
        let slice = self.nextSlice
        self.nextSlice = (slice + 1) % self.slices.count
        for subscriber in self.slices[slice] {
            // Whoever is reading on has bytes on the way, which do the same.
            guard case .live(let index) = subscriber.state else { continue }
            switch subscriber.outlet.send(.heartbeat) {
            case .taken: break
            case .full, .closed:
                subscriber.cohort.removeLive(at: index)
                self.wait(subscriber, cursor: self.head)
            }
        }
        self.endStalled()
    }

    /// Closes those that have made no progress for too long; what they miss stays in the log.
    private func endStalled() {
        let now = self.eventLoop.now
        for subscriber in Array(self.waiting.values) {
            let progress = subscriber.outlet.progress
            if progress != subscriber.progress {
                subscriber.progress = progress
                subscriber.progressed = now
            } else if now - subscriber.progressed >= self.settings.stall {
                self.counters.stalled += 1
                subscriber.ending = .stalled
                subscriber.outlet.end(with: nil)
            }
        }
    }
}
