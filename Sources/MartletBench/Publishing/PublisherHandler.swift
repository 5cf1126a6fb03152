import NIOCore

/// One connection of a publisher: sends a request, reads its answer, and tells its ``Publisher``.
final class PublisherHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let publisher: Publisher
    private var reader = ResponseReader()
    private var head: ResponseReader.Head?
    private var body: [UInt8] = []
    /// Whether an answer is waited for.
    private var isWaiting = false

    private static let maxBodyBytes = 2 << 10

    init(publisher: Publisher) {
        self.publisher = publisher
    }

    func channelActive(context: ChannelHandlerContext) {
        self.publisher.connected(self, context)
    }

    func send(_ request: ByteBuffer, _ context: ChannelHandlerContext) {
        self.isWaiting = true
        self.head = nil
        self.body.removeAll(keepingCapacity: true)
        self.reader.reset()
        context.writeAndFlush(self.wrapOutboundOut(request), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard self.isWaiting else { return }
        let buffer = self.unwrapInboundIn(data)
        do throws(ResponseReader.Failure) {
            try buffer.withReadable { bytes throws(ResponseReader.Failure) in
                try self.reader.read(bytes) { head in
                    self.head = head
                } onBody: { bytes in
                    if let head = self.head, !(200..<300).contains(head.status) {
                        self.body += bytes.prefix(Self.maxBodyBytes - self.body.count)
                    }
                }
            }
        } catch {
            self.publisher.pool.failure.report(
                BenchError(.malformed, "The answer to a publisher is no HTTP that can be read: \(error).")
            )
            context.close(promise: nil)
            return
        }
        if self.reader.isComplete { self.finish(context) }
    }

    private func finish(_ context: ChannelHandlerContext) {
        guard let head = self.head, self.isWaiting else { return }
        self.isWaiting = false
        let isTaken = (200..<300).contains(head.status)
        if head.closes || self.reader.endsWithConnection {
            self.publisher.answered(isTaken ? nil : Refusal.sentence(head.statusLine, body: self.body))
            context.close(promise: nil)
        } else {
            self.publisher.answered(isTaken ? nil : Refusal.sentence(head.statusLine, body: self.body))
            self.publisher.goOn(self, context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if self.isWaiting {
            if self.reader.endsWithConnection {
                self.finish(context)
            } else {
                self.isWaiting = false
                self.publisher.answered("the connection was closed before the answer")
            }
        }
        self.publisher.disconnected()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}

@available(*, unavailable)
extension PublisherHandler: Sendable {}
