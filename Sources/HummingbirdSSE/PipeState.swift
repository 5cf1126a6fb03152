import NIOCore

/// What the tasks of one stream have agreed on: what is being written, who waits with what, when the last write was,
/// and whether the stream has ended. Does no I/O.
///
/// One thing is written at a time, and whole: an event, or a comment. A heartbeat is written only while nothing else
/// is; so it never gets in between the lines of an event, and never waits behind a socket that is full. What waits is
/// what tasks hold that are suspended in `send`; nothing is kept beyond that.
///
/// Owned by an ``EventPipe``. Times are counted from the beginning of the stream.
struct PipeState {
    /// Names a task that waits in `send`.
    typealias Sender = Int

    enum Writer {
        /// It has nothing to write, since this time.
        case idle(since: Duration)
        /// It writes, on behalf of a sender if it isn't a heartbeat, and made progress last at this time.
        case writing(for: Sender?, since: Duration)
    }

    enum SendAction {
        /// The writer waits: give it these bytes.
        case write(ByteBuffer)
        /// The sender waits until a call of `next` says that its bytes are written.
        case wait
        case fail(EventStreamError)
    }

    enum NextAction {
        case write(ByteBuffer)
        /// Nothing to write yet.
        case wait
        /// There is nothing more to write.
        case end
    }

    enum TickAction {
        /// Look again after this time.
        case sleep(Duration)
        /// Give the writer, which waits, these bytes, and look again after this time.
        case heartbeat(ByteBuffer, Duration)
        /// The client has taken nothing for too long: end the stream.
        case stalled
        /// There is nothing to look at, any more or at all.
        case stop
    }

    private(set) var writer: Writer
    private(set) var end: EventStreamError.Code?
    private var waiting: [(sender: Sender?, bytes: ByteBuffer)]
    private let heartbeat: (interval: Duration, bytes: ByteBuffer)?
    private let stall: Duration?

    /// - Parameters:
    ///   - opening: what is written first.
    ///   - heartbeat: what is written after so much silence.
    ///   - stall: how long a write may make no progress.
    init(opening: ByteBuffer, heartbeat: (interval: Duration, bytes: ByteBuffer)?, stall: Duration?) {
        self.writer = .writing(for: nil, since: .zero)
        self.waiting = [(nil, opening)]
        self.heartbeat = heartbeat
        self.stall = stall
    }

    /// A task wants something written.
    mutating func send(_ bytes: ByteBuffer, from sender: Sender, at now: Duration) -> SendAction {
        if let end { return .fail(EventStreamError(end)) }
        guard case .idle = self.writer else {
            self.waiting.append((sender, bytes))
            return .wait
        }
        self.writer = .writing(for: sender, since: now)
        return .write(bytes)
    }

    /// The writer has written what it was given, if anything, and asks for more.
    ///
    /// - Returns: the sender whose bytes have been written, if it still waits; and what is next.
    mutating func next(at now: Duration) -> (done: Sender?, next: NextAction) {
        var done: Sender?
        if case .writing(let sender, _) = self.writer { done = sender }
        self.writer = .idle(since: now)
        guard self.end == nil else { return (done, .end) }
        guard !self.waiting.isEmpty else { return (done, .wait) }
        let (sender, bytes) = self.waiting.removeFirst()
        self.writer = .writing(for: sender, since: now)
        return (done, .write(bytes))
    }

    /// The writer has written a part of what it was given.
    mutating func progress(at now: Duration) {
        if case .writing(let sender, _) = self.writer { self.writer = .writing(for: sender, since: now) }
    }

    /// A sender waits no longer. What it gave is not written, unless the writer has begun with it.
    mutating func cancel(_ sender: Sender) {
        self.waiting.removeAll { $0.sender == sender }
        if case .writing(sender, let since) = self.writer { self.writer = .writing(for: nil, since: since) }
    }

    /// The stream ends; the first reason counts. Nobody waits any longer, and what is being written is the last.
    ///
    /// - Returns: whether this call ended it, and whether the writer waits and is to be told.
    mutating func end(_ code: EventStreamError.Code) -> (isFirst: Bool, writerWaits: Bool) {
        guard self.end == nil else { return (false, false) }
        self.end = code
        self.waiting = []
        switch self.writer {
        case .idle: return (true, true)
        case .writing(_, let since):
            self.writer = .writing(for: nil, since: since)
            return (true, false)
        }
    }

    /// Time has passed.
    mutating func tick(at now: Duration) -> TickAction {
        guard self.end == nil else { return .stop }
        switch self.writer {
        case .writing(_, let since):
            if let stall, now - since >= stall { return .stalled }
            // The write may be over soon, and the silence begin.
            return self.sleep([self.stall.map { since + $0 - now }, self.heartbeat?.interval])
        case .idle(let since):
            guard let heartbeat else { return self.sleep([self.stall]) }
            let silence = now - since
            if silence < heartbeat.interval { return self.sleep([heartbeat.interval - silence, self.stall]) }
            self.writer = .writing(for: nil, since: now)
            return .heartbeat(heartbeat.bytes, min(heartbeat.interval, self.stall ?? heartbeat.interval))
        }
    }

    private func sleep(_ times: [Duration?]) -> TickAction {
        times.compactMap { $0 }.min().map { .sleep($0) } ?? .stop
    }
}
