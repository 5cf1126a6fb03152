import CoreMetrics
package import NIOCore

/// Everything that lives on one event loop: its subscribers, its index of what they ask for, its tail of the log.
///
/// The hub hands it each batch of updates once; it walks the subscribers that match. Created by the ``Hub``, used only
/// on its event loop, which every entry point checks.
package final class Shard {
    package let eventLoop: any EventLoop
    let turns: LoopTurns
    /// Where it finds what was appended, and which of the lanes is its own.
    private let lane: (lanes: DispatchLanes, index: Int)?
    package let epoch: Epoch
    let settings: Hub.Settings
    let history: History
    let ownership: Ownership
    /// From when an update was brought until those who look had it.
    private let toSocket: Timer

    /// The newest updates, encoded.
    var tail: IndexedRing<Entry>
    var index: CohortIndex
    /// The newest update of each conflated topic, for newcomers.
    var newest: [Topic: Entry] = [:]
    /// Topics whose updates up to there are to be forgotten when they come.
    var forgotten: [Topic: SequenceNumber] = [:]
    /// What was appended is going to be looked at after a pause.
    private var isLookDue = false
    /// Scratch space of `dispatch`, kept for its capacity.
    var touched: [Cohort] = []
    /// The same of delivery: of cohorts that get the same, each live subscriber by its place.
    var gathered: [(cohort: Cohort, index: Int)] = []
    /// Those whose socket is full.
    var waiting: [ObjectIdentifier: Subscriber] = [:]
    /// Those for whom a page of history is being read.
    var reading: [ObjectIdentifier: Subscriber] = [:]
    /// Those whose cursor lies beyond `head`.
    var ahead: [Subscriber] = []
    /// Every subscriber, in as many slices as there are ticks in a heartbeat's interval.
    var slices: [[Subscriber]]
    var nextSlice = 0
    var joinSlice = 0
    var ticking: RepeatedTask?
    /// A slice's heartbeats go on in a later turn of the loop.
    var isBeating = false
    /// Those that wait for room are going to be looked at.
    var isLooking = false
    var isDraining = false
    /// Its subscribers are walked over: whoever leaves meanwhile does so afterwards.
    private(set) var isWalking = false
    /// How many updates of each topic came since that was asked last; nil if nobody asks.
    var recentTopics: [Topic: Int]?
    /// What is compressed, once a stream is.
    lazy var compression = SharedCompression()

    /// What it has counted since it was made.
    package internal(set) var counters = ShardCounters()

    /// For how long a reader may make no progress.
    package var stallTimeout: TimeAmount { self.settings.stall }

    /// The newest update it has been told of.
    package var head: SequenceNumber { self.tail.last }

    init(
        eventLoop: any EventLoop,
        lane: (lanes: DispatchLanes, index: Int)? = nil,
        head: SequenceNumber,
        epoch: Epoch,
        settings: Hub.Settings,
        history: History,
        ownership: Ownership,
        metrics: any MetricsFactory = NOOPMetricsHandler.instance
    ) {
        self.eventLoop = eventLoop
        self.turns = LoopTurns(eventLoop: eventLoop)
        self.lane = lane
        self.epoch = epoch
        self.settings = settings
        self.history = history
        self.ownership = ownership
        self.toSocket = Timer(label: "martlet_publish_to_socket_seconds", dimensions: [], factory: metrics)
        self.index = CohortIndex(ownership: ownership)
        self.tail = IndexedRing(startingAfter: head)
        self.slices = Array(repeating: [], count: settings.heartbeatSlices)
    }

    /// Whether an interest can be served without making every new topic too dear for the others.
    package func hasRoom(for interest: Interest) -> Bool {
        self.eventLoop.preconditionInEventLoop()
        return self.index.hasRoom(for: interest)
    }

    /// Where a subscriber begins, with the place that a newcomer begins at.
    ///
    /// To be asked before the subscriber can know that it has begun: whatever is published after that is for it. A shard
    /// that was left to sleep is awake from then on.
    package func placed(_ start: ResumePoint) -> ResumePoint {
        self.eventLoop.preconditionInEventLoop()
        if self.counters.streams == 0, let (lanes, index) = self.lane {
            lanes.setFollowed(true, index)
            self.takeBatch()
        } else if let cursor = start.cursor, cursor > self.head {
            self.takeBatch()
        }
        var start = start
        start.cursor = start.cursor ?? self.head
        if start.lastEventID == nil, let cursor = start.cursor, cursor > self.head {
            // A newcomer gets what comes after the shard's head when it is dispatched.
            start.cursor = self.head
            start.backlog.removeAll { $0.sequence > self.head }
        }
        return start
    }

    /// Begins a subscription: the gap it must be told of, then what it has missed, then what comes.
    ///
    /// - Parameter coding: what the outlet's bytes are coded as from then on; it has sent what that begins with.
    package func join(
        _ interest: Interest,
        coding: ContentCoding = .identity,
        from start: ResumePoint,
        outlet: any StreamOutlet
    ) -> Subscriber {
        self.eventLoop.preconditionInEventLoop()
        let start = self.placed(start)
        let cohort = self.index.cohort(with: interest, coding: coding)
        let subscriber = Subscriber(
            cohort: cohort,
            outlet: outlet,
            cursor: start.cursor ?? self.head,
            number: self.counters.opened
        )
        cohort.count += 1
        self.addToHeartbeat(subscriber)
        self.counters.opened += 1
        self.counters.streams += 1
        if let verdict = start.verdict {
            self.counters.resumes += 1
            self.counters.resumesByVerdict[verdict.rawValue] += 1
        }
        if let greeting = self.greeting(subscriber, from: start) {
            guard self.send(greeting, to: subscriber) else { return subscriber }
        }
        self.advance(subscriber)
        return subscriber
    }

    /// What a subscriber is sent before what it has missed, in one frame: an outlet that is full takes no second one.
    private func greeting(_ subscriber: Subscriber, from start: ResumePoint) -> Frame? {
        if start.beginsAnew, subscriber.cursor > self.head {
            subscriber.owed = Owed(gap: start.gap)
            return nil
        }
        var frames = self.frames(of: start.gap)
        var known = start.backlog
        if start.beginsAnew { known += self.newestValues(for: subscriber.cohort, through: subscriber.cursor) }
        frames += self.frames(of: known, before: subscriber.cursor)
        return frames.isEmpty ? nil : self.frame(joining: frames, for: subscriber.coding)
    }

    /// What is sent of a gap.
    func frames(of gap: Gap?) -> [Frame] {
        guard let gap else { return [] }
        self.counters.gaps += 1
        return [gap.frame]
    }

    /// What is sent of updates out of turn, and the place where the client is then: they may be old, and if it came back
    /// with their ids it would be sent what it has had, or be told that something is missing.
    func frames(
        of known: [(sequence: SequenceNumber, frame: Frame)],
        before cursor: SequenceNumber
    ) -> [Frame] {
        let known = known.sorted { $0.sequence < $1.sequence }
        guard let last = known.last else { return [] }
        self.counters.deliveries += known.count
        var frames = known.map(\.frame)
        if last.sequence < cursor {
            frames.append(Frame(bytes: Array("id: \(Position(epoch: self.epoch, sequence: cursor))\n\n".utf8)))
        }
        return frames
    }

    /// Whoever reads a socket of the loop says so, see ``LoopTurns/rest()``.
    package func noteRead() { self.turns.rest() }

    /// The place up to which a subscriber has everything that is for it.
    package func cursor(of subscriber: Subscriber) -> SequenceNumber {
        self.eventLoop.preconditionInEventLoop()
        if case .live = subscriber.state { return self.head }
        return subscriber.cursor
    }

    /// Ends a subscription; what it had not got yet stays in the log. Does nothing if it has left already.
    package func leave(_ subscriber: Subscriber) {
        self.eventLoop.preconditionInEventLoop()
        if case .gone = subscriber.state { return }
        if self.isWalking { return self.eventLoop.assumeIsolated().execute { self.leave(subscriber) } }
        self.takeOut(subscriber)
        subscriber.state = .gone
        self.counters.closed[subscriber.ending.rawValue] += 1
        subscriber.cohort.count -= 1
        if subscriber.cohort.count == 0 { self.index.remove(subscriber.cohort) }
        self.removeFromHeartbeat(subscriber)
        self.counters.streams -= 1
        if self.counters.streams == 0, let (lanes, index) = self.lane { lanes.setFollowed(false, index) }
    }

    /// Ends a subscriber's response in good order, after `last` if there is room for it; nothing more is sent to it.
    package func end(_ subscriber: Subscriber, with last: Frame? = nil) {
        self.eventLoop.preconditionInEventLoop()
        if case .gone = subscriber.state { return }
        subscriber.cursor = self.cursor(of: subscriber)
        self.takeOut(subscriber)
        subscriber.state = .ending
        subscriber.outlet.end(with: last)
    }

    /// Takes a subscriber out of where its state has put it.
    private func takeOut(_ subscriber: Subscriber) {
        switch subscriber.state {
        case .live(let index): subscriber.cohort.removeLive(at: index)
        case .waitingForRoom: self.waiting[ObjectIdentifier(subscriber)] = nil
        case .ahead: self.ahead.removeAll { $0 === subscriber }
        case .waitingForLog: self.reading[ObjectIdentifier(subscriber)] = nil
        case .yielding, .ending, .gone: break
        }
    }

    /// Takes what has been appended since it looked last, and what is meanwhile.
    func look() {
        self.eventLoop.preconditionInEventLoop()
        // The one that goes on after a pause will do.
        if self.isLookDue { return }
        self.isLookDue = true
        self.turns.perform {
            self.isLookDue = self.takeBatch(isLast: false)
            return self.isLookDue
        }
    }

    /// Takes what has been appended until now; false if nothing has.
    @discardableResult
    private func takeBatch(isLast: Bool = true) -> Bool {
        guard let (lanes, index) = self.lane, let batch = lanes.take(index, isLast: isLast) else { return false }
        self.dispatch(batch.entries, since: batch.since)
        return true
    }

    /// Itself, once it has everything that was handed on until now.
    var upToDate: Shard {
        self.eventLoop.preconditionInEventLoop()
        self.takeBatch()
        return self
    }

    /// Takes a batch of updates, the next in the log's order, and sends each to those it concerns.
    ///
    /// - Parameter start: when the oldest of them was brought.
    func dispatch(_ entries: [Entry], since start: NIODeadline? = nil) {
        self.eventLoop.preconditionInEventLoop()
        var behind: [Subscriber] = []
        for entry in entries {
            if entry.sequence <= self.head { continue }
            if entry.sequence != self.head + 1 {
                // Before its cursor is set behind them.
                self.walk { self.deliverMatched() }
                behind += self.skip(to: entry.sequence)
            }
            self.tail.append(entry)
            if entry.isConflated { self.keep(entry) }
            self.index.note(entry, touched: &self.touched)
            if self.recentTopics != nil { self.noteRecent(entry) }
        }
        self.counters.updates += entries.count
        let delivered = self.counters.deliveries
        self.walk { self.deliverMatched() }
        if let start, self.counters.deliveries > delivered {
            self.toSocket.recordNanoseconds((NIODeadline.now() - start).nanoseconds)
        }
        if !self.forgotten.isEmpty { self.forgotten = self.forgotten.filter { $0.value > self.head } }
        while self.tail.cost > self.settings.tailBytes { self.tail.removeOldest() }
        behind += self.ahead
        self.ahead = []
        self.walk {
            for subscriber in behind { self.advance(subscriber) }
        }
        if self.compresses { self.compression.forgetLarge() }
    }

    /// Does something that relies on places in lists of subscribers.
    ///
    /// A write that finds a connection of HTTP/2 broken closes all streams of it before it returns, not only the one that is
    /// written to.
    func walk(_ body: () -> Void) {
        self.isWalking = true
        body()
        self.isWalking = false
    }

    /// The log tells of an update without those before it: whoever was live has to read them there.
    private func skip(to sequence: SequenceNumber) -> [Subscriber] {
        let head = self.head
        self.tail.reset(startingAfter: sequence - 1)
        return self.slices.joined().filter { subscriber in
            guard case .live(let index) = subscriber.state else { return false }
            subscriber.cohort.removeLive(at: index)
            subscriber.cursor = head
            subscriber.state = .yielding
            return true
        }
    }
}

@available(*, unavailable)
extension Shard: Sendable {}
