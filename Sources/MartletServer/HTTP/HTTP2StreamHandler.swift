import Martlet
import NIOCore
import NIOHPACK
import NIOHTTP2

/// A subscriber's stream of an HTTP/2 connection, alone in its channel's pipeline: the outlet of a stream.
///
/// What a frame of the hub's holds goes out a piece at a time, the next one when the connection has taken the one before.
/// So a peer that grants no window costs one piece and a reference to bytes that others share, and a connection whose
/// socket is full holds at most a piece per stream. Confined to the connection's event loop.
final class HTTP2StreamHandler: ChannelInboundHandler, StreamOutlet {
    typealias InboundIn = Never

    /// The largest frame that every peer takes (RFC 9113 §4.2).
    private static let maxPieceBytes = 16_384

    private let membership: StreamMembership
    private var context: ChannelHandlerContext?
    /// What is still to be written of the frame at hand.
    private var rest = ByteBuffer()
    private var isPieceUnderWay = false
    /// Within a write, which may find the stream broken and close it.
    private var isWriting = false
    private var isEnding = false
    private var isEndSent = false
    /// What the end of a compressed stream has to say; nil for one that isn't.
    private var member: GzipMember?
    private(set) var progress = 0

    init(_ membership: StreamMembership, coding: ContentCoding = .identity) {
        self.membership = membership
        self.member = coding == .gzip ? GzipMember() : nil
    }

    /// Sends the response's head and joins. The handler must be in the pipeline, and no codec any more.
    func begin(headers: HPACKHeaders, _ opening: StreamOpening) {
        guard let context = self.context, context.channel.isActive else { return }
        context.write(NIOAny(HTTP2Frame.FramePayload.headers(.init(headers: headers))), promise: nil)
        _ = self.transmit(opening.coding.opening.payload)
        self.membership.join(opening, outlet: self)
    }

    // MARK: StreamOutlet

    func send(_ frame: Frame) -> SendResult {
        if self.isEnding { return .closed }
        if let digest = frame.digest { self.member?.add(digest) }
        // Only the head of the response or a first event can still be under way here.
        guard self.rest.readableBytes == 0, !self.isPieceUnderWay else {
            self.rest.writeImmutableBuffer(frame.payload)
            return .full
        }
        return self.transmit(frame.payload)
    }

    var peer: StreamPeer {
        let address = ClientAddress.shown(self.membership.address, connectedAs: self.context?.channel.remoteAddress)
        return StreamPeer(address: address, version: "HTTP/2")
    }

    func end(with last: Frame?) {
        guard !self.isEnding else { return }
        if !self.isPieceUnderWay, self.rest.readableBytes == 0, let last = self.member?.end(after: last) ?? last {
            _ = self.transmit(last.payload)
        }
        self.isEnding = true
        // In a turn of its own: ending may close the stream, and the shard may be in the midst of a walk.
        self.context?.eventLoop.assumeIsolated().execute {
            if self.isPieceUnderWay || self.rest.readableBytes > 0 {
                // What isn't taken by now would hold up the end for as long as the peer likes.
                self.context?.close(promise: nil)
            } else {
                self.sendEnd()
            }
        }
    }

    private func transmit(_ bytes: ByteBuffer) -> SendResult {
        self.rest = bytes
        self.pump()
        return self.isEnding ? .closed : self.isPieceUnderWay ? .full : .taken
    }

    /// Writes pieces as long as the connection takes them at once.
    private func pump() {
        guard let context = self.context else { return }
        self.isWriting = true
        defer { self.isWriting = false }
        while !self.isPieceUnderWay,
            let piece = self.rest.readSlice(length: min(self.rest.readableBytes, Self.maxPieceBytes)),
            piece.readableBytes > 0
        {
            self.isPieceUnderWay = true
            let promise = context.eventLoop.makePromise(of: Void.self)
            promise.futureResult.assumeIsolated().whenSuccess { self.pieceWritten(piece.readableBytes) }
            context.writeAndFlush(
                NIOAny(HTTP2Frame.FramePayload.data(.init(data: .byteBuffer(piece)))),
                promise: promise
            )
        }
        // The shared bytes are not to be kept for as long as nothing comes.
        if self.rest.readableBytes == 0 { self.rest = ByteBuffer() }
    }

    private func pieceWritten(_ bytes: Int) {
        self.isPieceUnderWay = false
        self.progress += bytes
        // A piece that was taken at once: the loop above goes on.
        guard !self.isWriting, !self.isEnding, let context = self.context else { return }
        self.pump()
        guard !self.isPieceUnderWay else { return }
        context.eventLoop.assumeIsolated().execute {
            if !self.isPieceUnderWay { self.membership.roomAvailable() }
        }
    }

    private func sendEnd() {
        guard let context = self.context, !self.isEndSent else { return }
        self.isEndSent = true
        let end = HTTP2Frame.FramePayload.data(.init(data: .byteBuffer(ByteBuffer()), endStream: true))
        context.writeAndFlush(NIOAny(end), promise: nil)
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
        case is ChannelShouldQuiesceEvent:
            self.membership.quiesce()
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func leave() {
        self.isEnding = true
        if self.isWriting, let context = self.context {
            // The shard may be in the midst of a walk.
            return context.eventLoop.assumeIsolated().execute { self.membership.leave() }
        }
        self.membership.leave()
    }
}

@available(*, unavailable)
extension HTTP2StreamHandler: Sendable {}
