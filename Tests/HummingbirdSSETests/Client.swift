import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// A client's end of a TCP connection, which keeps what it receives.
final class Client: Sendable {
    struct Options {
        /// Whether it reads at all.
        var reads = true
        /// Of the kernel; in bytes.
        var receiveBuffer: Int?
    }

    private let channel: any Channel
    private let received: Received

    private init(_ channel: any Channel, _ received: Received) {
        self.channel = channel
        self.received = received
    }

    static func connect(port: Int, _ options: Options) async throws -> Client {
        let received = Received()
        var bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.autoRead, value: options.reads)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Reader(received))
                }
            }
        if let size = options.receiveBuffer {
            bootstrap = bootstrap.channelOption(.socketOption(.so_rcvbuf), value: size)
        }
        return Client(try await bootstrap.connect(host: "127.0.0.1", port: port).get(), received)
    }

    func send(_ text: String) async throws {
        try await self.channel.writeAndFlush(ByteBuffer(string: text))
    }

    /// All bytes, with head and chunk framing.
    var text: String { String(decoding: self.received.bytes, as: UTF8.self) }

    /// The response's head, up to its empty line.
    var head: String? {
        self.text.firstRange(of: "\r\n\r\n").map { String(self.text[..<$0.lowerBound]) }
    }

    /// What there is of the response's body, without chunk framing.
    var body: String { Self.unchunked(self.received.bytes[...]) }

    /// Whether the body ended as it should.
    var isComplete: Bool { self.received.ends(with: Array("\r\n0\r\n\r\n".utf8)) }

    /// Whether the server has closed its side, or the connection broke.
    var hasEnded: Bool { self.received.hasEnded }

    /// Whether the server has closed the connection, not only its side.
    var isClosed: Bool { !self.channel.isActive }

    /// Waits until the body is this.
    func expect(_ body: String) async throws {
        do {
            try await eventually("the body") { self.body == body }
        } catch {
            throw TimedOut(description: "the body is \(self.body.debugDescription), not \(body.debugDescription)")
        }
    }

    // MARK: Ending

    func close() async {
        try? await self.channel.close()
    }

    /// Ends this side of the connection; the other still may send.
    func endOutput() async throws {
        try await self.channel.close(mode: .output)
    }

    /// Closes with a RST.
    func reset() async throws {
        guard let options = self.channel as? any SocketOptionProvider else { throw ChannelError.operationUnsupported }
        try await options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        try await self.channel.close()
    }

    /// Begins to read.
    func read() async throws {
        try await self.channel.setOption(.autoRead, value: true).get()
        self.channel.read()
    }

    private static func unchunked(_ bytes: ArraySlice<UInt8>) -> String {
        guard var rest = bytes.firstRange(of: Array("\r\n\r\n".utf8)).map({ bytes[$0.upperBound...] }) else {
            return ""
        }
        var body: [UInt8] = []
        while let line = rest.firstRange(of: Array("\r\n".utf8)) {
            guard let size = Int(String(decoding: rest[..<line.lowerBound], as: UTF8.self), radix: 16) else { break }
            guard rest.endIndex >= line.upperBound + size + 2, size > 0 else { break }
            body += rest[line.upperBound..<(line.upperBound + size)]
            rest = rest[(line.upperBound + size + 2)...]
        }
        return String(decoding: body, as: UTF8.self)
    }
}

/// The clients of a test.
final class Clients: Sendable {
    private let all = Mutex<[Client]>([])

    func add(_ client: Client) {
        self.all.withLock { $0.append(client) }
    }

    func close() async {
        for client in self.all.withLock({ $0 }) { await client.close() }
    }
}

private final class Received: Sendable {
    private let state = Mutex<(bytes: [UInt8], hasEnded: Bool)>(([], false))

    var bytes: [UInt8] { self.state.withLock { $0.bytes } }
    var hasEnded: Bool { self.state.withLock { $0.hasEnded } }

    func ends(with suffix: [UInt8]) -> Bool {
        self.state.withLock { $0.bytes.suffix(suffix.count) == suffix[...] }
    }

    func append(_ buffer: ByteBuffer) {
        self.state.withLock { $0.bytes += buffer.readableBytesView }
    }

    func end() {
        self.state.withLock { $0.hasEnded = true }
    }
}

private final class Reader: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let received: Received

    init(_ received: Received) {
        self.received = received
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.received.append(self.unwrapInboundIn(data))
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { self.received.end() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.received.end()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.received.end()
        context.close(promise: nil)
    }
}
