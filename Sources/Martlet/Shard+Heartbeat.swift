import NIOCore

/// One timer per shard: at each tick one slice of the subscribers gets a heartbeat. It runs only while there are any.
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
        if self.isBeating { return }
        let slice = self.nextSlice
        self.nextSlice = (slice + 1) % self.slices.count
        self.beat(slice, below: self.slices[slice].count)
    }

    /// Sends heartbeats to a slice, in turns from its back on: whoever leaves in between has the last put in his place,
    /// who may then get a second one, and nobody is left out.
    private func beat(_ slice: Int, below end: Int) {
        let end = min(end, self.slices[slice].count)
        let start = max(0, end - Self.heartbeatsPerTurn)
        self.write(.heartbeat, count: end - start) { range, descriptors in
            self.slices[slice].withUnsafeBufferPointer { subscribers in
                for index in range {
                    let subscriber = subscribers[start + index]
                    // Whoever is reading on has bytes on the way, which do the same.
                    descriptors[index - range.lowerBound] =
                        if case .live(let place) = subscriber.state {
                            subscriber.cohort.live[place].descriptor
                        } else {
                            Self.nobody
                        }
                }
            }
        } otherwise: { index, outcome in
            let subscriber = self.slices[slice][start + index]
            guard self.send(subscriber.coding.heartbeat, to: subscriber, after: outcome) != .taken,
                case .live(let place) = subscriber.state
            else { return }
            subscriber.cohort.removeLive(at: place)
            self.wait(subscriber, cursor: self.head)
        }
        self.isBeating = start > 0
        if self.isBeating { self.eventLoop.assumeIsolated().execute { self.beat(slice, below: start) } }
    }
}
