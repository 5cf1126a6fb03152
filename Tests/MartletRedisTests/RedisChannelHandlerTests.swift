import NIOCore
import NIOEmbedded
import Testing

@testable import MartletRedis

@Suite("RedisChannelHandler")
struct RedisChannelHandlerTests {
    private func start() throws -> (EmbeddedChannel, RedisChannelHandler) {
        let handler = RedisChannelHandler(server: "redis://test", limits: .init())
        let channel = EmbeddedChannel(handler: handler)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        return (channel, handler)
    }

    @Test func `writes what is sent in one turn of the loop at once`() throws {
        let (channel, handler) = try self.start()
        handler.send([RedisCommand("A"), RedisCommand("B")], timeout: nil, waiter: .nobody(replies: 2))
        handler.send([RedisCommand("C")], timeout: nil, waiter: .nobody(replies: 1))
        #expect(try channel.readOutbound(as: ByteBuffer.self) == nil)
        channel.embeddedEventLoop.run()
        let bytes = try channel.readOutbound(as: ByteBuffer.self)
        #expect(bytes == ByteBuffer(string: "*1\r\n$1\r\nA\r\n*1\r\n$1\r\nB\r\n*1\r\n$1\r\nC\r\n"))
        #expect(try channel.readOutbound(as: ByteBuffer.self) == nil)
    }

    @Test func `counts the time for a reply from the one before it`() throws {
        let (channel, handler) = try self.start()
        handler.send([RedisCommand("A"), RedisCommand("B")], timeout: .seconds(10), waiter: .nobody(replies: 2))
        channel.embeddedEventLoop.advanceTime(by: .seconds(9))
        try channel.writeInbound(ByteBuffer(string: "+A\r\n"))
        channel.embeddedEventLoop.advanceTime(by: .seconds(9))
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(!channel.isActive)
        #expect(handler.refusal?.code == .timeout)
        #expect(handler.end.hasCome)
    }

    @Test func `a command that may wait holds nobody behind it to a time`() throws {
        let (channel, handler) = try self.start()
        handler.send([RedisCommand("BLPOP")], timeout: nil, waiter: .nobody(replies: 1))
        handler.send([RedisCommand("GET")], timeout: .seconds(1), waiter: .nobody(replies: 1))
        channel.embeddedEventLoop.advanceTime(by: .hours(1))
        try channel.writeInbound(ByteBuffer(string: "_\r\n"))
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(999))
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        #expect(!channel.isActive)
    }

    @Test func `a shorter time than the one that runs is kept`() throws {
        let (channel, handler) = try self.start()
        handler.send([RedisCommand("A")], timeout: .seconds(100), waiter: .nobody(replies: 1))
        handler.send([RedisCommand("B")], timeout: .seconds(1), waiter: .nobody(replies: 1))
        try channel.writeInbound(ByteBuffer(string: "+A\r\n"))
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(!channel.isActive)
    }

    @Test("tells a reply that is too large from rubbish", arguments: [("$99999999\r\n", true), ("$abc\r\n", false)])
    func tooLarge(_ bytes: String, _ isTooLarge: Bool) throws {
        let (channel, handler) = try self.start()
        handler.send([RedisCommand("A")], timeout: nil, waiter: .nobody(replies: 1))
        try channel.writeInbound(ByteBuffer(string: bytes))
        #expect(handler.refusal?.code == .protocolViolation)
        #expect(handler.refusal?.isTooLarge == isTooLarge)
    }

    @Test func `without anybody waiting, time may pass`() throws {
        let (channel, handler) = try self.start()
        handler.send([RedisCommand("A")], timeout: .seconds(1), waiter: .nobody(replies: 1))
        try channel.writeInbound(ByteBuffer(string: "+A\r\n"))
        channel.embeddedEventLoop.advanceTime(by: .hours(1))
        #expect(channel.isActive)
    }
}
