import NIOCore
import NIOPosix

/// All subscribers of a load, spread over event loops.
final class StreamCrowd: Sendable {
    private let loops: [(eventLoop: any EventLoop, streams: NIOLoopBoundBox<StreamLoop>)]
    private let counters: [StreamCounters]
    let failure: FirstFailure
    let count: Int
    private let mayEnd: Bool

    init(
        count: Int,
        settings: StreamSettings,
        countsEvents: Bool = false,
        group: MultiThreadedEventLoopGroup,
        failure: FirstFailure
    ) async throws {
        self.count = count
        self.failure = failure
        self.mayEnd = settings.mayEnd
        let eventLoops = Array(group.makeIterator())
        let counters = eventLoops.map { _ in StreamCounters() }
        self.counters = counters
        var loops: [(eventLoop: any EventLoop, streams: NIOLoopBoundBox<StreamLoop>)] = []
        for (place, eventLoop) in eventLoops.enumerated() {
            let streams = try await eventLoop.submit {
                NIOLoopBoundBox(
                    StreamLoop(
                        eventLoop: eventLoop,
                        numbers: Array(stride(from: place, to: count, by: eventLoops.count)),
                        settings: settings,
                        countsEvents: countsEvents,
                        counters: counters[place],
                        failure: failure
                    ),
                    eventLoop: eventLoop
                )
            }.get()
            loops.append((eventLoop, streams))
        }
        self.loops = loops
    }

    /// Opens all streams and waits until each was answered.
    ///
    /// - Throws: ``BenchError`` if one was not, ``Interruption/Interrupted`` on an interrupt.
    func open(waiting: Waiting) async throws {
        for (eventLoop, streams) in self.loops { eventLoop.execute { streams.value.openAll() } }
        let isOpen = try await waiting.until(quietFor: .seconds(20), progress: { self.openCount }) {
            try self.failure.check()
            return self.openCount + self.closedCount >= self.count
        }
        guard isOpen else {
            throw BenchError(
                .unreachable,
                "\(self.openCount) of \(self.count) streams were answered, and no more within 20 s."
            )
        }
        try self.checkOpen()
    }

    /// - Throws: ``BenchError`` with code `closed` if the server has ended streams that should be open.
    func checkOpen() throws(BenchError) {
        guard self.closedCount == 0 || self.mayEnd else {
            throw BenchError(.closed, "The server closed \(self.closedCount) of \(self.count) streams.")
        }
    }

    func cut() async throws {
        for (eventLoop, streams) in self.loops { try await eventLoop.submit { streams.value.cutAll() }.get() }
    }

    /// From now on a stream has arrived that has received this many updates of the first publisher.
    func setGoal(_ goal: Int) async throws {
        for (eventLoop, streams) in self.loops {
            try await eventLoop.submit { streams.value.receipts.goal = UInt32(clamping: goal) }.get()
        }
        for counters in self.counters { counters.arrived.set(0) }
    }

    func outcome() async throws -> StreamOutcome {
        var sum = StreamOutcome()
        for (eventLoop, streams) in self.loops {
            sum.add(try await eventLoop.submit { streams.value.outcome() }.get())
        }
        return sum
    }

    private func sum(_ value: (StreamCounters) -> Int) -> Int { self.counters.reduce(0) { $0 + value($1) } }
    var openCount: Int { self.sum { $0.open.now } }
    var closedCount: Int { self.sum { $0.closed.now } }
    var arrivedCount: Int { self.sum { $0.arrived.now } }
    var delivered: Int { self.sum { $0.delivered.now } }
    var bytes: Int { self.sum { $0.bytes.now } }
    var lastOpen: UInt64 { self.counters.map { $0.lastOpen.now }.max() ?? 0 }
    var lastArrival: UInt64 { self.counters.map { $0.lastArrival.now }.max() ?? 0 }
    var lastReceipt: UInt64 { self.counters.map { $0.lastReceipt.now }.max() ?? 0 }
}
