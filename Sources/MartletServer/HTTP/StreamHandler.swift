import Martlet
import NIOCore
import NIOHTTP1

/// The end of a subscriber's HTTP/1 response, alone in its connection's pipeline: the outlet of a stream.
///
/// 1. Sends frames, straight to the socket where that is possible.
/// 2. Keeps what a full socket did not take, and tells the shard when it is gone.
/// 3. Ends the subscription when the connection does, whichever way: closed, half-closed, broken, quiescing.
final class StreamHandler: ChannelInboundHandler, StreamOutlet {
    typealias InboundIn = Never

    /// How the response's length is known (RFC 9112 §6).
    enum Framing {
        case chunked
        case untilClose
    }

    // What is small stands together, so that a stream takes no more for being able to be compressed.
    private let membership: StreamMembership
    private let framing: Framing
    /// Bytes have to pass through TLS, so they can't go straight to the socket.
    private let isSecure: Bool
    private var isEnding = false
    /// Within a write, which may find the connection broken and close it.
    private var isWriting = false
    /// What the end of a compressed stream has to say; nil for one that isn't.
    private var member: GzipMember?
    private var context: ChannelHandlerContext?
    private var connection: StreamSocket?
    /// Writes that the channel has not finished.
    private var queuedWrites = 0
    private var isQueued: Bool { self.queuedWrites > 0 }
    /// Bytes that were left to the channel, in all.
    private var queued = 0

    init(_ membership: StreamMembership, framing: Framing, isSecure: Bool, coding: ContentCoding = .identity) {
        self.membership = membership
        self.member = coding == .gzip ? GzipMember() : nil
        self.framing = framing
        self.isSecure = isSecure
    }

    /// Sends the response's head and joins. The handler must be in the pipeline, and no codec any more.
    func begin(head: ByteBuffer, _ request: StreamOpening) {
        guard let context = self.context, context.channel.isActive else { return }
        self.connection = StreamSocket(context.channel)
        self.connection?.prepareForStream(timeout: self.membership.stall)
        // Head and first comment in one segment.
        var opening = head
        opening.writeImmutableBuffer(self.bytes(of: request.coding.opening))
        // A socket that can't take a response's head is full from the start; the remainder is queued before the rest.
        // So is the head behind a former response that the channel has not sent yet.
        let queued = (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        _ = queued > 0 ? self.queue(opening) : self.transmit(opening)
        self.membership.join(request, outlet: self)
    }

    // MARK: StreamOutlet

    func send(_ frame: Frame) -> SendResult {
        if self.isEnding { return .closed }
        if let digest = frame.digest { self.member?.add(digest) }
        return self.transmit(self.bytes(of: frame))
    }

    /// What was written past the channel doesn't count: it is asked for while the socket is full, and nothing is then.
    var progress: Int {
        guard let context = self.context else { return self.queued }
        let buffered = (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        return self.queued - buffered - (self.connection?.unacknowledged ?? 0)
    }

    var peer: StreamPeer {
        let address = ClientAddress.shown(self.membership.address, connectedAs: self.context?.channel.remoteAddress)
        return StreamPeer(address: address, version: "HTTP/1.1")
    }

    func end(with last: Frame?) {
        guard !self.isEnding else { return }
        if !self.isQueued {
            if let last = self.member?.end(after: last) ?? last { _ = self.transmit(self.bytes(of: last)) }
            if case .chunked = self.framing, !self.isQueued { _ = self.transmit(Self.lastChunk) }
        }
        self.isEnding = true
        self.closeLater()
    }

    private static let lastChunk = ByteBuffer(string: "0\r\n\r\n")

    private func bytes(of frame: Frame) -> ByteBuffer {
        switch self.framing {
        case .chunked: frame.chunk
        case .untilClose: frame.payload
        }
    }

    /// With TLS, in HTTP/1.0, with bytes in the channel's queue, and where a checksum is kept, the way leads through here.
    var socket: StreamSocket? {
        if case .chunked = self.framing, !self.isQueued, self.member == nil { self.plainSocket } else { nil }
    }

    func resume(_ frame: Frame, after outcome: StreamSocket.Outcome) -> SendResult {
        if self.isEnding { return .closed }
        return self.finish(self.bytes(of: frame), after: outcome)
    }

    private var plainSocket: StreamSocket? { self.isSecure ? nil : self.connection }

    private func transmit(_ bytes: ByteBuffer) -> SendResult {
        guard let socket = self.plainSocket, !self.isQueued else { return self.queue(bytes) }
        return self.finish(bytes, after: socket.write(bytes))
    }

    private func finish(_ bytes: ByteBuffer, after outcome: StreamSocket.Outcome) -> SendResult {
        switch outcome {
        case .all: return .taken
        case .some(let count):
            var rest = bytes
            rest.moveReaderIndex(forwardBy: count)
            return self.queue(rest)
        case .broken:
            self.isEnding = true
            self.closeLater()
            return .closed
        }
    }

    /// What TLS is given at once: it makes a copy of its own for each connection, and keeps the room for that.
    private static let maxPieceBytes = 16_384

    /// Leaves bytes to the channel, which writes them when the socket has room.
    private func queue(_ bytes: ByteBuffer) -> SendResult {
        guard self.context != nil else { return .closed }
        self.queuedWrites += 1
        self.writePieces(of: bytes)
        return self.isEnding ? .closed : self.isQueued ? .full : .taken
    }

    /// Writes a piece, and the next one once the socket has taken it.
    private func writePieces(of bytes: ByteBuffer) {
        var rest = bytes
        var isTaken = true
        while isTaken, let context = self.context {
            let length = self.isSecure ? min(rest.readableBytes, Self.maxPieceBytes) : rest.readableBytes
            guard let piece = rest.readSlice(length: length) else { return }
            let isLast = rest.readableBytes == 0
            self.queued += length
            self.isWriting = true
            isTaken = false
            var isReturned = false
            let promise = context.eventLoop.makePromise(of: Void.self)
            promise.futureResult.assumeIsolated().whenSuccess {
                if isLast {
                    self.queuedWriteFinished()
                } else if isReturned {
                    self.writePieces(of: rest)
                    self.tellOfRoom()
                } else {
                    isTaken = true
                }
            }
            context.writeAndFlush(NIOAny(piece), promise: promise)
            isReturned = true
            self.isWriting = false
        }
    }

    private func queuedWriteFinished() {
        self.queuedWrites -= 1
        // A write that was done at once has told so itself.
        if !self.isWriting { self.tellOfRoom() }
    }

    private func tellOfRoom() {
        guard !self.isQueued, let context = self.context else { return }
        // In a turn of its own: this may have been called from within a write.
        context.eventLoop.assumeIsolated().execute {
            if !self.isQueued { self.membership.roomAvailable() }
        }
    }

    /// Not at once: closing calls handlers, and the shard may be in the midst of a walk.
    private func closeLater() {
        guard let context = self.context else { return }
        context.eventLoop.assumeIsolated().execute { self.context?.close(promise: nil) }
    }

    // MARK: ChannelInboundHandler

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.leave()
        self.context = nil
        self.membership.close()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.leave()
        context.fireChannelInactive()
    }

    /// A subscriber has nothing more to say; what comes all the same is not looked at.
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {}

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed: context.close(promise: nil)
        case is ChannelShouldQuiesceEvent:
            self.membership.quiesce()
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // What came with the subscriber's request but isn't HTTP is no more looked at than what comes later.
        if error is HTTPParserError || error is ByteToMessageDecoderError { return }
        context.close(promise: nil)
    }

    private func leave() {
        self.isEnding = true
        if self.isWriting, let context = self.context {
            // The shard may be in the midst of a walk.
            return context.eventLoop.assumeIsolated().execute { self.leave() }
        }
        self.membership.leave()
    }
}

@available(*, unavailable)
extension StreamHandler: Sendable {}
