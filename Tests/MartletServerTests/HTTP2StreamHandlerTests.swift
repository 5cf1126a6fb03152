import NIOCore
import NIOEmbedded
import NIOHPACK
import NIOHTTP2
import Testing

@testable import Martlet
@testable import MartletServer

@Suite("Streams of HTTP/2")
struct HTTP2StreamHandlerTests {
    private static let pieceBytes = 16_384

    /// A frame of so many bytes, in which no two pieces are alike.
    private static func frame(_ bytes: Int) -> Frame {
        Frame(bytes: (0..<bytes).map { UInt8(truncatingIfNeeded: $0 / 7 + $0 / 1000) })
    }

    /// Tells the shard of an update of so many bytes.
    private static func dispatch(_ number: SequenceNumber, bytes: Int = 1, on home: HeldStream.Home) throws {
        let update = try Update(topic: Topic("a"), data: String(repeating: "\(number % 10)", count: bytes))
        let position = Position(epoch: Epoch("test")!, sequence: number)
        home.shard.dispatch([Entry(LogEntry(position: position, update: update))])
    }

    private static func event(_ number: SequenceNumber, bytes: Int = 1) -> String {
        "id: test-\(number)\ndata: \(String(repeating: "\(number % 10)", count: bytes))\n\n"
    }

    /// Nothing is left of a stream that was closed.
    private static func expectGone(_ stream: HeldStream) {
        #expect(!stream.channel.isActive)
        #expect(stream.home.shard.counters.streams == 0)
        #expect(stream.home.endpoint.openStreams == 0)
    }

    @Test func `It begins with the head and a comment`() throws {
        let home = HeldStream.Home()
        let stream = try HeldStream(on: home)
        defer { stream.close() }
        guard case .headers(let head) = stream.payloads.first else {
            Issue.record("no head comes first")
            return
        }
        #expect(head.headers == [":status": "200"])
        #expect(!head.endStream)
        #expect(stream.text == ":\n\n")
        #expect(stream.payloads.count == 2)
        #expect(home.shard.counters.streams == 1)
    }

    @Test(arguments: [1, 16_383, 16_384, 16_385, 32_768, 32_769, 100_000])
    func `A frame goes out in pieces of 16 KiB, one of which is under way at a time`(_ bytes: Int) throws {
        let stream = try HeldStream(on: .init())
        defer { stream.close() }
        stream.isHeld = true
        let frame = Self.frame(bytes)
        #expect(stream.handler.send(frame) == .full)
        var sent = ByteBuffer()
        for count in 1...((bytes + Self.pieceBytes - 1) / Self.pieceBytes) {
            #expect(stream.heldWrites == 1)
            #expect(stream.pieces.count == 1 + count)
            let piece = try #require(stream.pieces.last)
            #expect(piece.readableBytes == min(Self.pieceBytes, bytes - sent.readableBytes))
            #expect(stream.handler.progress == 3 + sent.readableBytes)
            sent.writeImmutableBuffer(piece)
            stream.finishWrite()
        }
        #expect(stream.heldWrites == 0)
        #expect(sent == frame.payload)
        #expect(stream.handler.progress == 3 + bytes)
        stream.isHeld = false
        #expect(stream.handler.send(frame) == .taken)
    }

    @Test(arguments: [1, 16_384, 16_385, 100_000])
    func `What is taken at once goes out at once, and there is room for more`(_ bytes: Int) throws {
        let stream = try HeldStream(on: .init())
        defer { stream.close() }
        for count in 1...3 {
            let frame = Self.frame(bytes)
            #expect(stream.handler.send(frame) == .taken)
            #expect(stream.handler.progress == 3 + count * bytes)
            #expect(stream.pieces.dropFirst().reduce(0) { $0 + $1.readableBytes } == count * bytes)
            #expect(stream.pieces.allSatisfy { $0.readableBytes <= Self.pieceBytes })
        }
    }

    @Test func `The bytes of a piece are those that all streams share`() throws {
        let stream = try HeldStream(on: .init())
        defer { stream.close() }
        let frame = Self.frame(40_000)
        #expect(stream.handler.send(frame) == .taken)
        let start = frame.payload.withUnsafeReadableBytes { $0.baseAddress }
        let offsets = stream.pieces.dropFirst().map { piece in
            piece.withUnsafeReadableBytes { pointer in
                start.flatMap { start in pointer.baseAddress.map { $0 - start } }
            }
        }
        #expect(offsets == [0, Self.pieceBytes, 2 * Self.pieceBytes])
    }

    @Test func `A full stream is sent nothing more until it has room, and then what it missed`() throws {
        let home = HeldStream.Home()
        let stream = try HeldStream(on: home)
        defer { stream.close() }
        stream.isHeld = true
        try Self.dispatch(1, bytes: 40_000, on: home)
        #expect(home.shard.counters.lagged == 1)
        try Self.dispatch(2, on: home)
        try Self.dispatch(3, on: home)
        for _ in 1...3 {
            #expect(stream.heldWrites == 1)
            stream.finishWrite()
        }
        #expect(stream.text == ":\n\n" + Self.event(1, bytes: 40_000))
        // It is told in a turn of its own, and once: the shard sends what is behind together.
        #expect(stream.heldWrites == 0)
        home.eventLoop.run()
        #expect(stream.text == ":\n\n" + Self.event(1, bytes: 40_000) + Self.event(2) + Self.event(3))
        #expect(stream.heldWrites == 1)
        stream.finishWrites()
        #expect(home.shard.waiting.isEmpty)
        stream.isHeld = false
        try Self.dispatch(4, on: home)
        #expect(home.shard.counters.lagged == 1)
        #expect(stream.text.hasSuffix(Self.event(4)))
    }

    @Test func `Room is told once, and not while the next piece is under way`() throws {
        let home = HeldStream.Home()
        let stream = try HeldStream(on: home)
        defer { stream.close() }
        stream.isHeld = true
        for number: SequenceNumber in 1...3 { try Self.dispatch(number, bytes: 60_000, on: home) }
        // Each event is four pieces; the shard puts two together, not three.
        stream.finishWrite()
        home.eventLoop.run()
        #expect(home.shard.waiting.count == 1)
        for _ in 2...4 { stream.finishWrite() }
        #expect(home.shard.waiting.count == 1)
        home.eventLoop.run()
        #expect(stream.heldWrites == 1)
        home.eventLoop.run()
        #expect(stream.heldWrites == 1)
        stream.finishWrites()
        #expect(stream.text == ":\n\n" + (1...3).map { Self.event($0, bytes: 60_000) }.joined())
    }

    @Test(arguments: [1, 40_000])
    func `What comes while the first comment is under way goes behind it`(_ bytes: Int) throws {
        let home = HeldStream.Home()
        let stream = try HeldStream(on: home, isHeld: true)
        defer { stream.close() }
        try Self.dispatch(1, bytes: bytes, on: home)
        try Self.dispatch(2, on: home)
        #expect(stream.heldWrites == 1)
        #expect(stream.text == ":\n\n")
        stream.finishWrites()
        #expect(stream.text == ":\n\n" + Self.event(1, bytes: bytes) + Self.event(2))
        #expect(home.shard.waiting.isEmpty)
    }

    // MARK: The end

    @Test func `It ends in good order behind what was sent, in a turn of its own and once`() throws {
        let home = HeldStream.Home()
        let stream = try HeldStream(on: home)
        stream.handler.end(with: Frame(bytes: Array("retry: 1000\n\n".utf8)))
        stream.handler.end(with: Frame(bytes: Array("retry: 2000\n\n".utf8)))
        #expect(stream.ends == 0)
        #expect(stream.handler.send(Self.frame(1)) == .closed)
        home.eventLoop.run()
        #expect(stream.text == ":\n\nretry: 1000\n\n")
        #expect(stream.ends == 1)
        home.eventLoop.run()
        #expect(stream.ends == 1)
        // The peer has ended its side with its request, so the connection closes the stream now.
        stream.close()
        Self.expectGone(stream)
    }

    @Test func `A stream whose piece is under way is cut off, not ended as if that were all`() throws {
        let home = HeldStream.Home()
        let stream = try HeldStream(on: home)
        stream.isHeld = true
        try Self.dispatch(1, bytes: 40_000, on: home)
        stream.handler.end(with: Frame(bytes: Array("retry: 1000\n\n".utf8)))
        #expect(stream.channel.isActive)
        home.eventLoop.run()
        #expect(stream.ends == 0)
        #expect(stream.pieces.count == 2)
        stream.close()
        Self.expectGone(stream)
    }

    @Test func `A frame whose rest waits is cut off, even if a piece is taken before the turn is over`() throws {
        let home = HeldStream.Home()
        let stream = try HeldStream(on: home)
        stream.isHeld = true
        try Self.dispatch(1, bytes: 40_000, on: home)
        stream.handler.end(with: nil)
        stream.finishWrite()
        home.eventLoop.run()
        #expect(stream.pieces.count == 2)
        #expect(stream.ends == 0)
        Self.expectGone(stream)
        stream.close()
    }

    @Test func `A last frame that the connection does not take at once is not waited for`() throws {
        let home = HeldStream.Home()
        let stream = try HeldStream(on: home)
        stream.isHeld = true
        stream.handler.end(with: Self.frame(1))
        home.eventLoop.run()
        #expect(stream.ends == 0)
        Self.expectGone(stream)
        stream.close()
    }

    @Test func `A last frame that is taken before the turn is over ends in good order`() throws {
        let home = HeldStream.Home()
        let stream = try HeldStream(on: home)
        stream.isHeld = true
        stream.handler.end(with: Frame(bytes: Array("retry: 1000\n\n".utf8)))
        stream.finishWrite()
        home.eventLoop.run()
        #expect(stream.text == ":\n\nretry: 1000\n\n")
        #expect(stream.ends == 1)
        stream.close()
        Self.expectGone(stream)
    }

    /// The bytes that a stream was sent, of what is compressed.
    private static func bytes(_ stream: HeldStream) -> [UInt8] { stream.pieces.flatMap { Array($0.readableBytesView) } }

    @Test func `A compressed stream is one member with an end, whatever waited in between`() throws {
        let home = HeldStream.Home(settings: Hub.Settings(compression: .gzip))
        let stream = try HeldStream(on: home, isHeld: true)
        for number: SequenceNumber in 1...3 { try Self.dispatch(number, bytes: 60_000, on: home) }
        stream.finishWrites()
        stream.isHeld = false
        try Self.dispatch(4, on: home)
        home.eventLoop.advanceTime(by: .seconds(15))
        stream.handler.end(with: Frame(bytes: Array("retry: 1000\n\n".utf8)))
        home.eventLoop.run()
        #expect(stream.ends == 1)
        let events = (1...3).map { Self.event($0, bytes: 60_000) }.joined() + Self.event(4)
        let text = String(decoding: try GzipReader.wholeMember(Self.bytes(stream)), as: UTF8.self)
        #expect(text == ":\n\n" + events + ":\n\nretry: 1000\n\n")
        stream.close()
        Self.expectGone(stream)
    }

    @Test func `A compressed stream has its end also when the server quiesces, or its time has come`() throws {
        for isQuiescing in [true, false] {
            let home = HeldStream.Home(settings: Hub.Settings(compression: .gzip))
            let stream = try HeldStream(on: home, deadline: isQuiescing ? .distantFuture : .now())
            if isQuiescing {
                stream.channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
                home.eventLoop.run()
            } else {
                home.eventLoop.advanceTime(by: .seconds(2))
            }
            #expect(stream.ends == 1)
            let text = String(decoding: try GzipReader.wholeMember(Self.bytes(stream)), as: UTF8.self)
            #expect(text.hasPrefix(":\n\n") && text.contains("retry: ") == isQuiescing)
            stream.close()
            Self.expectGone(stream)
        }
    }

    @Test func `It ends when the server is to stop`() throws {
        let home = HeldStream.Home()
        let stream = try HeldStream(on: home)
        stream.channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        home.eventLoop.run()
        #expect(stream.ends == 1)
        stream.close()
        Self.expectGone(stream)
    }

    @Test func `It ends when its time has come`() throws {
        let home = HeldStream.Home()
        let stream = try HeldStream(on: home, deadline: .now())
        home.eventLoop.advanceTime(by: .milliseconds(999))
        #expect(stream.ends == 0)
        home.eventLoop.advanceTime(by: .seconds(1))
        #expect(stream.ends == 1)
        stream.close()
        Self.expectGone(stream)
        // Nothing is left that would look for it.
        home.eventLoop.advanceTime(by: .seconds(10))
        #expect(stream.ends == 1)
    }

    @Test func `An error closes it`() throws {
        let home = HeldStream.Home()
        let stream = try HeldStream(on: home)
        stream.channel.pipeline.fireErrorCaught(ChannelError.inputClosed)
        home.eventLoop.run()
        #expect(stream.ends == 0)
        Self.expectGone(stream)
        stream.close()
    }

    @Test func `What a subscriber still sends is not looked at`() throws {
        let home = HeldStream.Home()
        let stream = try HeldStream(on: home)
        defer { stream.close() }
        let data = HTTP2Frame.FramePayload.data(.init(data: .byteBuffer(ByteBuffer(string: "x")), endStream: true))
        try stream.channel.writeInbound(data)
        #expect(try stream.channel.readInbound(as: HTTP2Frame.FramePayload.self) == nil)
        #expect(stream.channel.isActive)
        try Self.dispatch(1, on: home)
        #expect(stream.text == ":\n\n" + Self.event(1))
    }

    // MARK: A peer that goes

    @Test func `A peer that goes is forgotten, once`() throws {
        let home = HeldStream.Home()
        let streams = try (1...3).map { _ in try HeldStream(on: home) }
        streams[1].isHeld = true
        try Self.dispatch(1, bytes: 40_000, on: home)
        streams[1].close()
        #expect(home.shard.counters.streams == 2)
        #expect(home.endpoint.openStreams == 2)
        #expect(home.shard.waiting.isEmpty)
        #expect(streams[1].handler.send(Self.frame(1)) == .closed)
        streams[1].handler.end(with: nil)
        home.eventLoop.run()
        #expect(streams[1].ends == 0)
        try Self.dispatch(2, on: home)
        for stream in [streams[0], streams[2]] { #expect(stream.text.hasSuffix(Self.event(2))) }
        for stream in streams { stream.close() }
        #expect(home.endpoint.openStreams == 0)
    }

    @Test(arguments: [0, 1, 2])
    func `A stream that closes in the midst of the shard's walk leaves after it`(_ number: Int) throws {
        let home = HeldStream.Home()
        let streams = try (0...2).map { _ in try HeldStream(on: home) }
        let goer = streams[number]
        goer.onWrite = { context in
            context.channel.close(promise: nil)
            // The shard is in the midst of it: whoever left now would be taken out under its hands.
            #expect(home.shard.counters.streams == 3)
        }
        try Self.dispatch(1, bytes: 40_000, on: home)
        goer.onWrite = { _ in }
        #expect(!goer.channel.isActive)
        home.eventLoop.run()
        #expect(home.shard.counters.streams == 2)
        #expect(home.shard.waiting.isEmpty)
        #expect(home.endpoint.openStreams == 2)
        try Self.dispatch(2, on: home)
        for stream in streams where stream !== goer {
            #expect(stream.text == ":\n\n" + Self.event(1, bytes: 40_000) + Self.event(2))
        }
        for stream in streams { stream.close() }
        #expect(home.shard.counters.streams == 0)
    }

    /// What NIO does when a write finds the connection broken: it closes all its streams before it returns.
    private static func breakConnection(of streams: [HeldStream], inWriteOf writer: HeldStream) {
        writer.onWrite = { context in
            writer.onWrite = { _ in }
            for stream in streams where stream !== writer { stream.channel.pipeline.fireChannelInactive() }
            context.channel.close(promise: nil)
        }
    }

    @Test(arguments: 0..<5, [false, true])
    func `A connection that breaks in the midst of a walk takes all its streams along after it`(
        writer: Int,
        isCohortEach: Bool
    ) throws {
        let home = HeldStream.Home()
        let streams = try (0..<5).map { number in
            let own = isCohortEach ? try Selector("own/\(number)") : .everything
            return try HeldStream(on: home, selectors: [Selector(exactly: Topic("a")), own])
        }
        let others = try (0..<3).map { _ in try HeldStream(on: home) }
        Self.breakConnection(of: streams, inWriteOf: streams[writer])
        try Self.dispatch(1, on: home)
        home.eventLoop.run()
        #expect(home.shard.counters.streams == 3)
        #expect(home.shard.waiting.isEmpty)
        try Self.dispatch(2, on: home)
        for stream in others { #expect(stream.text == ":\n\n" + Self.event(1) + Self.event(2)) }
        for stream in streams + others { stream.close() }
        #expect(home.shard.counters.streams == 0)
        #expect(home.endpoint.openStreams == 0)
    }

    @Test(arguments: 0..<5)
    func `A connection that breaks at a heartbeat takes all its streams along after it`(_ writer: Int) throws {
        let home = HeldStream.Home(settings: Hub.Settings(heartbeat: .seconds(1)))
        let streams = try (0..<5).map { _ in try HeldStream(on: home) }
        let other = try HeldStream(on: home)
        Self.breakConnection(of: streams, inWriteOf: streams[writer])
        home.eventLoop.advanceTime(by: .seconds(1))
        #expect(home.shard.counters.streams == 1)
        #expect(other.text == ":\n\n:\n\n")
        home.eventLoop.advanceTime(by: .seconds(1))
        #expect(other.text == ":\n\n:\n\n:\n\n")
        for stream in streams + [other] { stream.close() }
        #expect(home.shard.counters.streams == 0)
    }

    @Test func `A stream that closes in the midst of a frame is not sent the rest of it`() throws {
        let home = HeldStream.Home()
        let stream = try HeldStream(on: home)
        stream.onWrite = { $0.channel.close(promise: nil) }
        #expect(stream.handler.send(Self.frame(40_000)) == .closed)
        #expect(stream.pieces.count == 2)
        home.eventLoop.run()
        Self.expectGone(stream)
        stream.close()
    }
}
