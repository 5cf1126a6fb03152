import NIOCore
import NIOPosix
import ServerSentEvents
import Testing

@testable import Martlet

/// Does everything to a shard that can happen to one, at random, on a real event loop; then compares what every
/// subscriber received with what it should have.
///
/// It is pinned to the shard's loop, so its steps are turns of that loop, and the log's pages come in between.
actor ShardDriver {
    private struct Stream {
        let outlet: ScriptedOutlet
        let interest: Interest
        let start: ResumePoint
        /// The head when it joined, where a newcomer begins.
        let head: SequenceNumber
        var hasLeft = false
    }

    private let eventLoop: any EventLoop
    nonisolated let unownedExecutor: UnownedSerialExecutor
    private let log: any EventLog
    private let trim: @Sendable () async throws -> Void
    private let comment: Comment
    private var traffic: RandomTraffic
    private let history: History
    private let shard: Shard
    private var model = LogModel()
    /// In the log, but not dispatched yet.
    private var committed: [[Entry]] = []
    private var streams: [Stream] = []

    /// Runs one test.
    ///
    /// - Parameters:
    ///   - log: an empty log.
    ///   - compression: what some of the streams are compressed with.
    ///   - trim: makes the log trim itself, if it doesn't when it is appended to.
    static func run(
        seed: Int,
        steps: Int,
        log: any EventLog,
        compression: Hub.Compression = .off,
        trim: @escaping @Sendable () async throws -> Void = {}
    ) async throws {
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let history = History(log: log)
        let driver = ShardDriver(
            seed: seed,
            eventLoop: eventLoop,
            log: log,
            history: history,
            compression: compression,
            trim: trim
        )
        try await withThrowingTaskGroup { group in
            group.addTask { await history.run() }
            try await driver.drive(steps)
            group.cancelAll()
        }
    }

    private init(
        seed: Int,
        eventLoop: any EventLoop,
        log: any EventLog,
        history: History,
        compression: Hub.Compression,
        trim: @escaping @Sendable () async throws -> Void
    ) {
        var traffic = RandomTraffic(seed: seed)
        let settings = Hub.Settings(
            heartbeat: .milliseconds(2),
            stall: .hours(1),
            tailBytes: [0, 1000, 10_000, 100_000, 2_000_000].randomElement(using: &traffic.random)!,
            compression: compression
        )
        self.eventLoop = eventLoop
        self.unownedExecutor = eventLoop.executor.asUnownedSerialExecutor()
        self.log = log
        self.trim = trim
        self.comment = "seed \(seed)"
        self.traffic = traffic
        self.history = history
        self.shard = Shard(
            eventLoop: eventLoop,
            head: 0,
            epoch: log.epoch,
            settings: settings,
            history: history,
            ownership: Ownership([])
        )
    }

    private func drive(_ steps: Int) async throws {
        for _ in 0..<steps {
            switch Int.random(in: 0..<100, using: &self.traffic.random) {
            case 0..<25: try await self.append()
            case 25..<45: self.dispatch()
            case 45..<57: try await self.join()
            case 57..<65: self.leave()
            case 65..<90: self.makeRoom()
            case 90..<95: try await self.trim()
            default: await Task.yield()
            }
        }
        try await self.settle()
        for stream in self.streams { try self.check(stream) }
        self.checkCounters()
        for stream in self.streams where !stream.hasLeft { self.shard.leave(stream.outlet.subscriber!) }
        #expect(self.shard.counters.streams == 0, self.comment)
        #expect(self.shard.waiting.isEmpty && self.shard.ahead.isEmpty && self.shard.ticking == nil, self.comment)
    }

    // MARK: Steps

    private func append() async throws {
        let most = self.traffic.random.chance(20) ? 50 : 5
        let count = Int.random(in: 1...most, using: &self.traffic.random)
        let updates = try (0..<count).map { try self.traffic.update(Int(self.model.last) + 1 + $0) }
        let first = try await self.log.append(updates)
        #expect(first == self.model.last + 1, self.comment)
        self.model.append(updates, epoch: self.log.epoch)
        self.committed.append(self.model.all.suffix(count).map { Entry($0) })
    }

    private func dispatch() {
        guard !self.committed.isEmpty else { return }
        self.shard.dispatch(self.committed.removeFirst())
    }

    private func join() async throws {
        let interest = try self.traffic.interest()
        var start = ResumePoint.newcomer
        if let id = self.randomID() {
            start = try await self.history.resume(id: id, for: interest)
            // The shard moves on while a subscriber's response is being made.
            if self.traffic.random.chance(50) { self.dispatch() }
        }
        let fullness = [0, 0, 10, 50, 90].randomElement(using: &self.traffic.random)!
        let closing = self.traffic.random.chance(10) ? 5 : 0
        let coding: ContentCoding = self.shard.compresses && self.traffic.random.chance(60) ? .gzip : .identity
        let outlet = ScriptedOutlet(coding: coding) { [unowned self] in
            // Only ever called by the shard, on this actor's loop.
            self.assumeIsolated { driver in
                if driver.traffic.random.chance(closing) { return .closed }
                return driver.traffic.random.chance(fullness) ? .full : .taken
            }
        }
        let head = self.shard.head
        self.streams.append(Stream(outlet: outlet, interest: interest, start: start, head: head))
        outlet.subscriber = self.shard.join(interest, coding: coding, from: start, outlet: outlet)
    }

    private func randomID() -> String? {
        switch Int.random(in: 0..<10, using: &self.traffic.random) {
        case 0..<3: nil
        case 3: Update.earliest
        case 4: "unknown"
        case 5: "abcdef-7"
        case 6: self.model.all.randomElement(using: &self.traffic.random)?.id
        default:
            Position(
                epoch: self.log.epoch,
                sequence: .random(in: 0...self.model.last + 1, using: &self.traffic.random)
            ).description
        }
    }

    private func leave() {
        let open = self.streams.indices.filter { !self.streams[$0].hasLeft }
        // Peers that are gone leave first.
        let gone = open.first { self.streams[$0].outlet.isClosed }
        guard let number = gone ?? open.randomElement(using: &self.traffic.random), open.count > 3 || gone != nil else {
            return
        }
        self.shard.leave(self.streams[number].outlet.subscriber!)
        self.streams[number].hasLeft = true
    }

    private func makeRoom() {
        let full = self.streams.filter { $0.outlet.isFull && !$0.hasLeft }
        guard let stream = full.randomElement(using: &self.traffic.random) else { return }
        stream.outlet.drain()
        self.shard.roomAvailable(for: stream.outlet.subscriber!)
    }

    /// Lets everything through that is still on its way.
    private func settle() async throws {
        while !self.committed.isEmpty { self.dispatch() }
        for stream in self.streams { stream.outlet.answer = { .taken } }
        try await eventually("everyone is live (\(self.comment))") {
            for (number, stream) in self.streams.enumerated() where !stream.hasLeft {
                if stream.outlet.isClosed {
                    self.shard.leave(stream.outlet.subscriber!)
                    self.streams[number].hasLeft = true
                } else if stream.outlet.isFull {
                    stream.outlet.drain()
                    self.shard.roomAvailable(for: stream.outlet.subscriber!)
                }
            }
            return self.streams.allSatisfy {
                if $0.hasLeft { return true }
                if case .live = $0.outlet.subscriber!.state { return true }
                return false
            }
        }
    }

    // MARK: Judging

    /// Everything after its start that is for it, in order, once; or a gap where history had been trimmed.
    private func check(_ stream: Stream) throws {
        let comment: Comment = "\(self.comment), \(stream.interest), from \(stream.start)"
        var events = try stream.outlet.events[...]
        if let gap = stream.start.gap, !stream.hasLeft || !events.isEmpty {
            let event = events.popFirst()
            #expect(event?.type == "martlet:gap" && event?.data.contains(gap.reason.rawValue) == true, comment)
        }
        var place = stream.start.cursor ?? stream.head
        let expected = self.model.selected(by: stream.interest, after: place, through: self.model.last)
        var rest = expected[...]
        for event in events {
            if event.type == "martlet:gap" {
                let (requested, resumed) = try self.bounds(of: event)
                #expect(requested >= place && resumed > requested, comment)
                #expect(event.data.contains("trimmed") && resumed < self.log.bounds.first, comment)
                // Nothing up to `requested` may be missing.
                #expect(rest.first.map { $0.position.sequence > requested } ?? true, comment)
                rest = rest.drop { $0.position.sequence <= resumed }
                place = resumed
                continue
            }
            guard let entry = rest.popFirst() else {
                Issue.record("got more than it should: \(event); \(comment)")
                return
            }
            let wanted = MessageEvent(
                type: entry.update.type ?? "message",
                data: entry.update.data,
                lastEventID: entry.id
            )
            guard event == wanted else {
                Issue.record("got \(event.lastEventID) instead of \(entry.id); \(comment)")
                return
            }
            place = entry.position.sequence
        }
        #expect(stream.hasLeft || rest.isEmpty, "\(rest.count) are missing, \(rest.first?.id ?? ""); \(comment)")
        #expect(stream.outlet.violations.isEmpty, comment)
        #expect(stream.outlet.ends.isEmpty, comment)
    }

    private func bounds(of gap: MessageEvent) throws -> (requested: SequenceNumber, resumed: SequenceNumber) {
        let ids = gap.data.split(separator: "\"").compactMap { Position(String($0)) }
        try #require(ids.count == 2 && ids[1].description == gap.lastEventID, self.comment)
        return (ids[0].sequence, ids[1].sequence)
    }

    private func checkCounters() {
        let counters = self.shard.counters
        #expect(counters.streams == self.streams.count { !$0.hasLeft }, self.comment)
        #expect(counters.opened == self.streams.count, self.comment)
        #expect(counters.resumes == self.streams.count { $0.start.cursor != nil }, self.comment)
        #expect(counters.updates == self.model.all.count, self.comment)
    }
}
