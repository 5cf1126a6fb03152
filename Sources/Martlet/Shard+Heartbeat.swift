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
    /// Tasks that follow at once would come before sockets are looked at again. It is longer than the committer works at a
    /// stretch, so that the two don't take turns with nobody else between them.
    static let heartbeatPause: TimeAmount = .milliseconds(8)

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
        self.walk { self.beat(self.slices[slice][start..<end]) }
        self.isBeating = start > 0
        guard self.isBeating else { return }
        self.eventLoop.assumeIsolated().scheduleTask(in: Self.heartbeatPause) { self.beat(slice, below: start) }
    }

    private func beat(_ subscribers: ArraySlice<Subscriber>) {
        self.write(.heartbeat, count: subscribers.count) { range, descriptors in
            for index in range {
                let subscriber = subscribers[subscribers.startIndex + index]
                // Whoever is reading on has bytes on the way, which do the same.
                descriptors[index - range.lowerBound] =
                    if case .live(let place) = subscriber.state {
                        subscriber.cohort.live[place].descriptor
                    } else {
                        Self.nobody
                    }
            }
        } otherwise: { index, outcome in
            let subscriber = subscribers[subscribers.startIndex + index]
            guard self.send(subscriber.coding.heartbeat, to: subscriber, after: outcome) != .taken,
                case .live(let place) = subscriber.state
            else { return }
            subscriber.cohort.removeLive(at: place)
            self.wait(subscriber, cursor: self.head)
        }
    }
}
