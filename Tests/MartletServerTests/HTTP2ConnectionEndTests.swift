import NIOCore
import NIOEmbedded
import Testing

@testable import MartletServer

/// How long an HTTP/2 connection may be without a request.
@Suite struct HTTP2ConnectionEndTests {
    private let channel = EmbeddedChannel()
    private let limits = HubEndpoint.Limits()
    private let end: HTTP2ConnectionEnd

    init() throws {
        self.end = HTTP2ConnectionEnd(deadlines: Deadlines(eventLoop: self.channel.eventLoop), limits: self.limits)
        try self.channel.pipeline.syncOperations.addHandler(self.end)
        try self.channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    @Test func `the first request must come as soon as that of an HTTP 1 connection`() throws {
        let left = self.end.deadline - .now()
        #expect(left > .zero && left <= self.limits.headerTimeout)
        self.end.deadlinePassed()
        #expect(!self.channel.isActive)
    }

    @Test func `while a stream is open it may be silent, and after the last it is told goodbye before it is closed`()
        throws
    {
        let streams = [EmbeddedChannel(), EmbeddedChannel()]
        for stream in streams {
            self.end.add(stream)
            #expect(self.end.deadline == .distantFuture)
        }
        try streams[0].close().wait()
        streams[0].embeddedEventLoop.run()
        #expect(self.end.deadline == .distantFuture)
        try streams[1].close().wait()
        streams[1].embeddedEventLoop.run()
        let left = self.end.deadline - .now()
        #expect(left > self.limits.keepAlive && left < self.limits.keepAlive + .seconds(10))
    }
}
