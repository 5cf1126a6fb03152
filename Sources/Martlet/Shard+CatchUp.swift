import NIOCore

/// Reading on from a cursor: joining with `Last-Event-ID`, reconnecting, and catching up after a stall are all this.
extension Shard {
    /// What one reader may be sent in one turn of the loop before others get theirs.
    private static let maxBytesPerTurn = 512 << 10
    /// What looking for a page counts for beside its bytes: a page may be empty after a long look.
    private static let bytesPerPage = 64 << 10
    /// What compressing a byte counts for: a full page is a turn's work.
    private static let compressionFactor = 4
    private static let pageLimit = PageLimit(updates: 512, bytes: Shard.maxWriteBytes)

    /// The outlet's socket has taken everything and has room again.
    package func roomAvailable(for subscriber: Subscriber) {
        self.eventLoop.preconditionInEventLoop()
        guard case .waitingForRoom = subscriber.state else { return }
        self.waiting[ObjectIdentifier(subscriber)] = nil
        subscriber.state = .yielding
        self.advance(subscriber)
    }

    /// Sends what the subscriber has missed, as far as its socket takes it, and makes it live once it has everything.
    ///
    /// Being live is decided here and nowhere else, in the same turn of the loop in which the cursor was found to have
    /// reached the head: whatever comes later is dispatched to it, so nothing lies between history and live.
    func advance(_ subscriber: Subscriber) {
        var budget = Shard.maxBytesPerTurn
        if let owed = subscriber.owed, subscriber.cursor <= self.head {
            subscriber.owed = nil
            let values = self.newestValues(for: subscriber.cohort, through: subscriber.cursor)
            let frames = self.frames(of: owed.gap) + self.frames(of: values, before: subscriber.cursor)
            if !frames.isEmpty {
                guard self.send(self.frame(joining: frames, for: subscriber.coding), to: subscriber) else { return }
            }
        }
        while subscriber.cursor < self.head {
            guard subscriber.cursor >= self.tail.first - 1 else { return self.readLog(for: subscriber) }
            guard budget > 0 else { return self.yield(subscriber) }
            let page = self.tail.page(
                after: subscriber.cursor,
                for: &subscriber.cohort.filter,
                limit: Shard.pageLimit,
                isSuperseded: self.isSuperseded
            )
            subscriber.cursor = page.through
            budget -= Shard.bytesPerPage + subscriber.cohort.filter.steps
            guard !page.elements.isEmpty else { continue }
            let frame = self.frame(joining: page.elements, for: subscriber.coding)
            budget -= frame.digest.map { $0.length * Shard.compressionFactor } ?? frame.payloadBytes
            self.counters.deliveries += page.elements.count
            guard self.send(frame, to: subscriber) else { return }
        }
        // What it remembers is of use while one reads on, and would be kept for every cohort.
        subscriber.cohort.filter.forget()
        if subscriber.cursor > self.head {
            subscriber.state = .ahead
            self.ahead.append(subscriber)
        } else {
            subscriber.cohort.addLive(subscriber)
        }
    }

    /// Sends to one that is reading on; false if it can't go on now.
    func send(_ frame: Frame, to subscriber: Subscriber) -> Bool {
        self.count(frame)
        switch subscriber.outlet.send(frame) {
        case .taken: return true
        case .full, .closed:
            self.wait(subscriber, cursor: subscriber.cursor)
            return false
        }
    }

    private func yield(_ subscriber: Subscriber) {
        subscriber.state = .yielding
        self.eventLoop.assumeIsolated().execute {
            guard case .yielding = subscriber.state else { return }
            self.advance(subscriber)
        }
    }

    /// What it has missed has left the tail: asks the log for a page.
    private func readLog(for subscriber: Subscriber) {
        subscriber.state = .waitingForLog
        self.reading[ObjectIdentifier(subscriber)] = subscriber
        let bound = NIOLoopBound((shard: self, subscriber: subscriber), eventLoop: self.eventLoop)
        let eventLoop = self.eventLoop
        let log = self.history.log
        let interest = subscriber.cohort.interest
        let cursor = subscriber.cursor
        let ownership = self.ownership
        let coding = subscriber.coding
        let isAccepted = self.history.perform {
            let page: Result<EncodedPage, LogError>
            do throws(LogError) {
                page = .success(
                    EncodedPage(
                        try await log.page(after: cursor, for: interest, limit: Shard.pageLimit),
                        ownership: ownership,
                        coding: coding
                    )
                )
            } catch {
                page = .failure(error)
            }
            eventLoop.execute { bound.value.shard.receive(page, for: bound.value.subscriber) }
        }
        if !isAccepted {
            eventLoop.execute { bound.value.shard.receive(.failure(History.ended), for: bound.value.subscriber) }
        }
    }

    private func receive(_ result: Result<EncodedPage, LogError>, for subscriber: Subscriber) {
        guard case .waitingForLog = subscriber.state else { return }
        self.reading[ObjectIdentifier(subscriber)] = nil
        subscriber.state = .yielding
        let requested = subscriber.cursor
        // A log that can't be read, or knows less than it told: guessing on would lose what the subscriber has missed,
        // so it is let go, to resume elsewhere or later.
        guard case .success(let page) = result, page.through > requested || page.first > requested + 1 else {
            subscriber.ending = .other
            return self.end(subscriber)
        }
        var frames: [Frame] = []
        // What has left the log and has not been dispatched yet is going to be, and then what the page holds.
        let isBeyond = page.first > self.head + 1
        let resumed = isBeyond ? self.head : page.first - 1
        if resumed > requested {
            let gap = Gap(
                requested: Position(epoch: self.epoch, sequence: requested).description,
                reason: .trimmed,
                resumed: Position(epoch: self.epoch, sequence: resumed).description
            )
            frames += self.frames(of: gap)
            frames += self.frames(of: self.newestValues(for: subscriber.cohort, through: resumed), before: resumed)
        }
        subscriber.cursor = resumed
        self.counters.compressions += page.compressions
        if !isBeyond {
            if let frame = page.frame { frames.append(frame) }
            self.counters.deliveries += page.count
            subscriber.cursor = max(page.through, resumed)
        }
        if !frames.isEmpty {
            guard self.send(self.frame(joining: frames, for: subscriber.coding), to: subscriber) else { return }
        }
        // Others first: a reader of long history takes as many turns of the loop as it has pages.
        self.yield(subscriber)
    }
}

/// A page of history, encoded off the event loop.
private struct EncodedPage: Sendable {
    var frame: Frame?
    /// How often bytes were compressed for it.
    var compressions = 0
    var count: Int
    var through: SequenceNumber
    var first: SequenceNumber

    /// Of what a page holds of a conflated topic only the newest is sent.
    init(_ page: LogPage, ownership: Ownership, coding: ContentCoding) {
        var newest: [Topic: SequenceNumber] = [:]
        for entry in page.entries where ownership.conflates(entry.topics) {
            newest[entry.topics[0]] = entry.sequence
        }
        let entries = page.entries.filter { entry in
            guard !newest.isEmpty, ownership.conflates(entry.topics) else { return true }
            return newest[entry.topics[0]] == entry.sequence
        }
        self.count = entries.count
        self.through = page.through
        self.first = page.first
        if entries.isEmpty { return }
        let frames = entries.map(\.frame)
        switch coding {
        case .identity: self.frame = Frame(joining: frames)
        case .gzip: self.frame = FrameCompressor().frame(joining: frames, counting: &self.compressions)
        }
    }
}
