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

    /// So many heartbeats take one or two milliseconds; whatever else is due on the loop comes after them.
    static let heartbeatsPerTurn = 256

    private func tick() {
        // A loop that can't keep up gives the slice its turn at a later tick.
        if !self.isBeating {
            let slice = self.nextSlice
            self.nextSlice = (slice + 1) % self.slices.count
            self.beat(slice, below: self.slices[slice].count)
        }
        self.endStalled()
    }

    /// Sends heartbeats to a slice, in turns from its back on: whoever leaves in between has the last put in his place,
    /// who may then get a second one, and nobody is left out.
    private func beat(_ slice: Int, below end: Int) {
        let end = min(end, self.slices[slice].count)
        let start = max(0, end - Self.heartbeatsPerTurn)
        for subscriber in self.slices[slice][start..<end] {
            // Whoever is reading on has bytes on the way, which do the same.
            guard case .live(let index) = subscriber.state else { continue }
            switch subscriber.outlet.send(.heartbeat) {
            case .taken: break
            case .full, .closed:
                subscriber.cohort.removeLive(at: index)
                self.wait(subscriber, cursor: self.head)
            }
        }
        self.isBeating = start > 0
        if self.isBeating { self.eventLoop.assumeIsolated().execute { self.beat(slice, below: start) } }
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
