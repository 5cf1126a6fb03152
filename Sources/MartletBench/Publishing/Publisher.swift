import NIOCore

/// One publisher: a connection that is kept alive, and one request at a time on it. Lives on its pool's event loop.
///
/// With a rate its requests are due at fixed times. One whose turn comes while the one before it is unanswered is sent
/// late, and says in its marker when it was due: so a slow answer is not left out of what is measured.
final class Publisher {
    let pool: PublisherPool
    private let number: Int
    private let topics: Int
    /// The next sequence of each topic.
    private var sequences: [UInt32]
    /// How many requests it has sent; of all requests it sends every so many-th.
    private var sent = 0
    private var underWay: [Int] = []
    private var dueAt: UInt64 = 0
    private var connection: (handler: PublisherHandler, context: ChannelHandlerContext)?
    private var isIdle = false
    private var timer: Scheduled<Void>?

    init(pool: PublisherPool, number: Int) {
        self.pool = pool
        self.number = number
        self.topics = pool.plan.topics
        self.sequences = Array(repeating: 0, count: pool.plan.topics)
    }

    private var nextRequest: Int { self.sent * self.pool.plan.publishers + self.number }

    /// How many requests were due by a time and were not sent.
    func behind(at now: UInt64) -> Int {
        guard let start = self.pool.startedAt, let rate = self.pool.plan.rate, now > start else { return 0 }
        let due = Double(now - start) / 1e9 * rate / Double(self.pool.plan.batch)
        let left = min(self.pool.plan.requests, Int(due)) - self.nextRequest
        return max(0, (left + self.pool.plan.publishers - 1) / self.pool.plan.publishers)
    }

    func connect() {
        self.pool.connect(self)
    }

    func connected(_ handler: PublisherHandler, _ context: ChannelHandlerContext) {
        self.connection = (handler, context)
        self.goOn(handler, context)
    }

    func disconnected() {
        self.connection = nil
        self.timer?.cancel()
        self.setIdle(false)
        if !self.pool.isClosing { self.connect() }
    }

    /// Begins, once the pool has.
    func begin() {
        if let (handler, context) = self.connection { self.goOn(handler, context) }
    }

    /// Sends the next request, at once or when it is due; rests if there is none.
    func goOn(_ handler: PublisherHandler, _ context: ChannelHandlerContext) {
        let request = self.nextRequest
        guard let start = self.pool.startedAt, !self.pool.isStopped, request < self.pool.plan.requests else {
            return self.setIdle(true)
        }
        self.setIdle(false)
        let now = NIODeadline.now().uptimeNanoseconds
        if let due = self.pool.plan.due(request) {
            if start + due <= now { return self.send(handler, context, due: start + due, now: now) }
            self.wait(until: start + due, handler, context)
        } else if self.pool.isBetweenSteps(at: now) {
            self.wait(until: now + Self.look, handler, context)
        } else {
            self.send(handler, context, due: now, now: now)
        }
    }

    /// How often it looks whether an update has reached all streams, in nanoseconds.
    private static let look: UInt64 = 200_000

    private func wait(until time: UInt64, _ handler: PublisherHandler, _ context: ChannelHandlerContext) {
        // One that waits for its time has nothing under way.
        self.setIdle(true)
        let bound = NIOLoopBound((self, handler, context), eventLoop: context.eventLoop)
        self.timer = context.eventLoop.scheduleTask(deadline: .uptimeNanoseconds(time)) {
            let (publisher, handler, context) = bound.value
            guard publisher.connection?.handler === handler else { return }
            publisher.goOn(handler, context)
        }
    }

    private func send(_ handler: PublisherHandler, _ context: ChannelHandlerContext, due: UInt64, now: UInt64) {
        let request = self.pool.request
        let first = self.nextRequest * request.batch
        self.sent += 1
        self.dueAt = due
        self.underWay.removeAll(keepingCapacity: true)
        var buffer = context.channel.allocator.buffer(bytes: request.bytes)
        buffer.withUnsafeMutableReadableBytes { bytes in
            guard let base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
            for number in 0..<request.batch {
                let topic = (first + number) % self.topics
                let marker = Marker(time: due, publisher: self.number, sequence: Int(self.sequences[topic]))
                self.sequences[topic] += 1
                self.underWay.append(topic)
                request.write(marker, topic: topic, number: number, to: base)
            }
        }
        self.pool.sending(request.batch, due: due, at: now)
        handler.send(buffer, context)
    }

    /// An answer has come, or none will. `refusal` says why nothing was published.
    func answered(_ refusal: String?) {
        self.pool.answered(self.underWay, due: self.dueAt, refusal: refusal)
        self.underWay.removeAll(keepingCapacity: true)
    }

    func close() {
        self.timer?.cancel()
        self.connection?.context.close(promise: nil)
    }

    private func setIdle(_ isIdle: Bool) {
        guard isIdle != self.isIdle else { return }
        self.isIdle = isIdle
        self.pool.counters.idle.add(isIdle ? 1 : -1)
    }
}

@available(*, unavailable)
extension Publisher: Sendable {}
