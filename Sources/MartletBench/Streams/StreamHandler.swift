import NIOCore
import ServerSentEvents

/// One connection of a subscriber: asks, reads the answer, and hands what it received to its loop's ``Receipts``.
///
/// Lives on its connection's event loop, which is its ``StreamLoop``'s.
final class StreamHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Phase {
        case asking
        case open
        /// The answer is no stream; its body may say why.
        case refused(ResponseReader.Head, body: [UInt8])
        case ended
    }

    private let loop: StreamLoop
    private let stream: Subscriber
    private let request: [UInt8]
    private let startedAt = NIODeadline.now().uptimeNanoseconds
    private var phase = Phase.asking
    private var reader = ResponseReader()
    private var scanner: ReceiptScanner
    /// Whether this connection's end was asked for.
    var endsOnPurpose = false

    private static let maxRefusalBytes = 2 << 10

    init(loop: StreamLoop, stream: Subscriber, request: [UInt8]) {
        self.loop = loop
        self.stream = stream
        self.request = request
        if case .markers(let payloadBytes) = loop.settings.sight {
            self.scanner = ReceiptScanner(payloadBytes: payloadBytes)
        } else {
            self.scanner = ReceiptScanner(payloadBytes: 0)
        }
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(self.wrapOutboundOut(context.channel.allocator.buffer(bytes: self.request)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let now = NIODeadline.now().uptimeNanoseconds
        let buffer = self.unwrapInboundIn(data)
        let before = self.loop.receipts.distinct
        var events = 0
        do throws(ResponseReader.Failure) {
            try buffer.withReadable { bytes throws(ResponseReader.Failure) in
                try self.reader.read(bytes) { head in
                    self.take(head, at: now)
                } onBody: { bytes in
                    self.takeBody(bytes, at: now, events: &events)
                }
            }
        } catch {
            self.fail(BenchError(.malformed, "The answer of \(self.origin) is no HTTP that can be read: \(error)."))
            context.close(promise: nil)
            return
        }
        let count = self.loop.countsEvents ? events : self.loop.receipts.distinct - before
        let counters = self.loop.counters
        counters.bytes.add(buffer.readableBytes)
        if count > 0 {
            counters.delivered.add(count)
            counters.lastReceipt.set(now)
        }
        if self.reader.isComplete { self.complete(context) }
    }

    private func take(_ head: ResponseReader.Head, at now: UInt64) {
        if head.status == 200, head.contentType.hasPrefix("text/event-stream") {
            self.phase = .open
            self.loop.opened(after: now - min(now, self.startedAt), at: now)
        } else {
            self.phase = .refused(head, body: [])
        }
    }

    private func takeBody(_ bytes: UnsafeRawBufferPointer, at now: UInt64, events: inout Int) {
        switch self.phase {
        case .open: break
        case .refused(let head, var body):
            // The body would be copied while it is held by both.
            self.phase = .ended
            body += bytes.prefix(Self.maxRefusalBytes - body.count)
            self.phase = .refused(head, body: body)
            return
        case .asking, .ended: return
        }
        let receipts = self.loop.receipts
        let number = self.stream.slot
        if self.stream.parser == nil {
            self.scanner.scan(bytes) { finding in
                switch finding {
                case .marker(let marker): receipts.take(marker, stream: number, at: now)
                case .gap: receipts.gap()
                }
            }
        } else {
            self.parse(bytes, at: now, events: &events)
        }
    }

    private func parse(_ bytes: UnsafeRawBufferPointer, at now: UInt64, events: inout Int) {
        let receipts = self.loop.receipts
        let number = self.stream.slot
        do {
            try self.stream.parser?.parse(bytes) { (item: EventParser.Item) in
                guard case .event(let event) = item else { return }
                events += 1
                if event.type == "martlet:gap" { return receipts.gap() }
                let marker = event.data.utf8.withContiguousStorageIfAvailable { bytes -> Marker? in
                    guard bytes.count >= Marker.byteCount, bytes.first == Marker.start else { return nil }
                    return UnsafeRawBufferPointer(bytes).baseAddress.flatMap(Marker.read)
                }
                if case .some(.some(let marker)) = marker { receipts.take(marker, stream: number, at: now) }
            }
        } catch {
            self.fail(BenchError(.malformed, "The stream of \(self.origin) can't be read: \(error)."))
        }
    }

    /// The answer is over, in good order.
    private func complete(_ context: ChannelHandlerContext) {
        if case .refused(let head, let body) = self.phase { self.refuse(head, body) }
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        switch self.phase {
        case .asking where !self.endsOnPurpose:
            self.fail(BenchError(.closed, "\(self.origin) closed a connection without an answer."))
        case .refused(let head, let body): self.refuse(head, body)
        case .open: self.loop.closed(onPurpose: self.endsOnPurpose)
        case .asking, .ended: break
        }
        self.phase = .ended
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if case .asking = self.phase, !self.endsOnPurpose {
            self.fail(BenchError(.unreachable, "No answer of \(self.origin): \(Route.reason(error))."))
        }
        context.close(promise: nil)
    }

    private func refuse(_ head: ResponseReader.Head, _ body: [UInt8]) {
        self.phase = .ended
        let opened = self.loop.opened
        let count = opened == 0 ? "" : " after \(opened) streams on this event loop"
        if head.status == 200 {
            let type = head.contentType.isEmpty ? "no content type" : head.contentType
            self.fail(BenchError(.refused, "\(self.origin) answered with \(type), which is no stream\(count)."))
        } else {
            let sentence = Refusal.sentence(head.statusLine, body: body)
            self.fail(BenchError(.refused, "\(self.origin) refused a stream\(count): \(sentence)"))
        }
    }

    private func fail(_ error: BenchError) {
        self.phase = .ended
        self.loop.failure.report(error)
    }

    private var origin: String { self.loop.settings.target.url.origin }
}

@available(*, unavailable)
extension StreamHandler: Sendable {}

extension ByteBuffer {
    /// The readable bytes, for a body whose errors have a type.
    @inline(__always)
    func withReadable<Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        let outcome = self.withUnsafeReadableBytes { bytes -> Result<Void, Failure> in
            do throws(Failure) {
                return .success(try body(bytes))
            } catch {
                return .failure(error)
            }
        }
        try outcome.get()
    }
}
