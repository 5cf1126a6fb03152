import HTTPTypes
import Martlet
import NIOCore
import NIOEmbedded
import NIOHPACK
import NIOHTTP2

@testable import MartletServer

/// A stream of HTTP/2 without a connection: what its handler writes is held until a test says that it is sent.
///
/// Streams of one loop share a shard. Used on the test's own thread alone, which is the loop's.
final class HeldStream {
    /// The event loop, and what lives on it.
    final class Home {
        let eventLoop = EmbeddedEventLoop()
        let hub: Hub
        let endpoint: HubEndpoint
        var shard: Shard { self.hub.shard(on: self.eventLoop) }

        init(settings: Hub.Settings = Hub.Settings()) {
            self.hub = Hub(
                log: MemoryLog(epoch: Epoch("test")!),
                eventLoopGroup: self.eventLoop,
                settings: settings
            )
            self.endpoint = HubEndpoint(hub: self.hub)
        }
    }

    let home: Home
    let channel: EmbeddedChannel
    let handler: HTTP2StreamHandler
    private let writes: HeldWrites

    /// Begins a stream of every topic.
    ///
    /// - Parameters:
    ///   - isHeld: whether writes are held from the first one on.
    ///   - selectors: what it asks for instead.
    init(
        on home: Home,
        isHeld: Bool = false,
        deadline: NIODeadline = .distantFuture,
        selectors: [Selector] = [.everything]
    ) throws {
        try home.endpoint.openStream(from: nil)
        let opening = StreamOpening(
            endpoint: home.endpoint,
            shared: home.endpoint.shared(on: home.eventLoop),
            shard: home.shard,
            response: .stream(lastEventID: nil),
            interest: Interest(selectors: selectors),
            coding: home.shard.compresses ? .gzip : .identity,
            start: .newcomer,
            deadline: deadline
        )
        self.home = home
        self.writes = HeldWrites()
        self.writes.isHeld = isHeld
        self.handler = HTTP2StreamHandler(StreamMembership(opening), coding: opening.coding)
        self.channel = EmbeddedChannel(loop: home.eventLoop)
        try self.channel.pipeline.syncOperations.addHandlers([self.writes, self.handler])
        try self.channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        self.handler.begin(headers: [":status": "200"], opening)
    }

    /// Whether writes are held from now on.
    var isHeld: Bool {
        get { self.writes.isHeld }
        set { self.writes.isHeld = newValue }
    }

    /// Called in the midst of each write.
    var onWrite: (ChannelHandlerContext) -> Void {
        get { self.writes.onWrite }
        set { self.writes.onWrite = newValue }
    }

    /// What was written.
    var payloads: [HTTP2Frame.FramePayload] { self.writes.payloads }

    /// The bytes of each piece of data.
    var pieces: [ByteBuffer] {
        self.payloads.compactMap { payload in
            guard case .data(let data) = payload, case .byteBuffer(let bytes) = data.data, !data.endStream else {
                return nil
            }
            return bytes
        }
    }

    /// All data.
    var text: String { self.pieces.map { String(buffer: $0) }.joined() }

    /// How often the end of the stream was written.
    var ends: Int {
        self.payloads.count { if case .data(let data) = $0 { data.endStream } else { false } }
    }

    /// How many writes are held.
    var heldWrites: Int { self.writes.held.count }

    /// The connection has sent the oldest of the writes that are held.
    func finishWrite() {
        self.writes.held.removeFirst()?.succeed()
    }

    /// Sends each write, and whatever follows from that, until there is none.
    func finishWrites() {
        repeat {
            while self.heldWrites > 0 { self.finishWrite() }
            self.home.eventLoop.run()
        } while self.heldWrites > 0
    }

    /// Closes the channel, if nothing has, and lets its loop have the last word.
    func close() {
        if self.channel.isActive { self.channel.close(promise: nil) }
        self.home.eventLoop.run()
        for promise in self.writes.held { promise?.fail(ChannelError.ioOnClosedChannel) }
        self.writes.held = []
        self.home.eventLoop.run()
    }
}

/// Takes the place of the connection below a stream.
private final class HeldWrites: ChannelOutboundHandler {
    typealias OutboundIn = HTTP2Frame.FramePayload

    var isHeld = false
    var onWrite: (ChannelHandlerContext) -> Void = { _ in }
    var held: [EventLoopPromise<Void>?] = []
    private(set) var payloads: [HTTP2Frame.FramePayload] = []

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let payload = self.unwrapOutboundIn(data)
        self.payloads.append(payload)
        self.onWrite(context)
        guard context.channel.isActive else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        // A head needs no room of the peer's.
        if self.isHeld, case .data = payload { self.held.append(promise) } else { promise?.succeed() }
    }

    func flush(context: ChannelHandlerContext) {}
}
