import NIOCore
import NIOPosix
import ServerSentEvents

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Somebody who subscribes, across the connections that are made for it. Lives on its ``StreamLoop``.
final class Subscriber {
    /// Its number among all, and among those of its event loop.
    let number: Int
    let slot: Int
    /// Only where ids have to be known; it keeps the last one from one connection to the next.
    var parser: EventParser?
    var channel: (any Channel)?
    weak var handler: StreamHandler?

    init(number: Int, slot: Int, parser: EventParser?) {
        self.number = number
        self.slot = slot
        self.parser = parser
    }
}

/// All subscribers of one event loop: opens, cuts and counts them. Confined to that loop.
final class StreamLoop {
    let eventLoop: any EventLoop
    let settings: StreamSettings
    let counters: StreamCounters
    let failure: FirstFailure
    let receipts: Receipts
    /// Whether it listens to somebody else's events.
    let countsEvents: Bool
    private let streams: [Subscriber]
    /// How long it took from connecting until the answer came, since all were opened last.
    private(set) var answers = Latencies()
    private(set) var opened = 0
    private var next = 0
    private var underWay = 0

    init(
        eventLoop: any EventLoop,
        numbers: [Int],
        settings: StreamSettings,
        countsEvents: Bool,
        counters: StreamCounters,
        failure: FirstFailure
    ) {
        self.eventLoop = eventLoop
        self.settings = settings
        self.countsEvents = countsEvents
        self.counters = counters
        self.failure = failure
        self.receipts = Receipts(streams: numbers.count, publishers: settings.publishers, counters: counters)
        self.streams = numbers.enumerated().map { slot, number in
            Subscriber(number: number, slot: slot, parser: settings.sight == .events ? EventParser() : nil)
        }
    }

    /// Opens all streams, a few at a time.
    func openAll() {
        self.eventLoop.preconditionInEventLoop()
        self.next = 0
        self.answers = Latencies()
        self.openNext()
    }

    private func openNext() {
        while self.underWay < self.settings.concurrency, self.next < self.streams.count, self.failure.error == nil {
            let stream = self.streams[self.next]
            self.next += 1
            self.underWay += 1
            self.open(stream)
        }
    }

    private func open(_ stream: Subscriber) {
        let lastEventID = stream.parser.flatMap { $0.lastEventID.isEmpty ? nil : $0.lastEventID }
        stream.parser?.finish()
        let request = self.settings.request(of: stream.number, lastEventID: lastEventID)
        let bound = NIOLoopBound((self, stream), eventLoop: self.eventLoop)
        // Few streams get much each, and a large buffer saves reads; many get little, and would hold as many buffers.
        let connecting = self.settings.route.connect(
            number: stream.number,
            on: self.eventLoop,
            timeout: self.settings.answerTimeout,
            receive: self.streams.count <= 256 ? 256 << 10 : nil
        ) {
            let (loop, stream) = bound.value
            let handler = StreamHandler(loop: loop, stream: stream, request: request)
            stream.handler = handler
            return handler
        }
        connecting.whenComplete { result in
            let (loop, stream) = bound.value
            switch result {
            case .success(let channel): stream.channel = channel
            case .failure(let error):
                loop.failure.report(loop.settings.route.failure(error, opened: loop.counters.open.now))
            }
        }
    }

    /// A stream was answered.
    func opened(after nanoseconds: UInt64, at now: UInt64) {
        self.opened += 1
        self.underWay -= 1
        self.answers.record(nanoseconds: nanoseconds)
        self.counters.open.add(1)
        self.counters.lastOpen.set(now)
        self.openNext()
    }

    /// A stream that was answered has ended.
    func closed(onPurpose: Bool) {
        self.counters.open.add(-1)
        if !onPurpose { self.counters.closed.add(1) }
    }

    /// Cuts all streams at once, without a farewell.
    func cutAll() {
        self.eventLoop.preconditionInEventLoop()
        self.underWay = 0
        for stream in self.streams {
            stream.handler?.endsOnPurpose = true
            guard let channel = stream.channel else { continue }
            stream.channel = nil
            // Without it each would keep its port for a minute, and the next run might find none.
            if let options = channel as? any SocketOptionProvider {
                _ = options.setSoLinger(linger(l_onoff: 1, l_linger: 0))
            }
            channel.close(promise: nil)
        }
    }

    /// What its streams came to.
    func outcome() -> StreamOutcome {
        self.eventLoop.preconditionInEventLoop()
        return StreamOutcome(
            distinct: self.receipts.distinct,
            faults: self.receipts.faults,
            latencies: self.receipts.latencies,
            answers: self.answers
        )
    }
}

@available(*, unavailable)
extension StreamLoop: Sendable {}

/// What streams came to, in the end.
struct StreamOutcome: Sendable {
    var distinct = 0
    var faults = Receipts.Faults()
    var latencies = Latencies()
    var answers = Latencies()

    mutating func add(_ other: StreamOutcome) {
        self.distinct += other.distinct
        self.faults = self.faults + other.faults
        self.latencies.add(other.latencies)
        self.answers.add(other.answers)
    }
}
