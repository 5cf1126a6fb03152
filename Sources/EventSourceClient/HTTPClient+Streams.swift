package import AsyncHTTPClient
import NIOCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

extension HTTPClient {
    /// The client of event sources that are given none. It lives as long as the process.
    ///
    /// `HTTPClient.shared` will not do: it gives up after 90 s of silence, holds no more than eight connections to a
    /// host, follows redirects by other rules, decompresses, and hides a refused connection behind attempts of its own.
    package static let forStreams: HTTPClient = {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: .init(connect: .seconds(10), read: nil),
            connectionPool: .init(idleTimeout: .seconds(5)),
            decompression: .disabled
        )
        // A connection for each stream: closing it is what "counts as lost" means, and what a restart does. Over HTTP/2
        // only the stream is reset, and the next request goes over the same connection, dead or not. There is never a
        // second one to a host either, so streams beyond what one may have would wait for the pool, and fail.
        configuration.httpVersion = .http1Only
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 1 << 16
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.http1_1ConnectionDebugInitializer = { channel in
            channel.eventLoop.makeCompletedFuture { try HeadLimit.add(to: channel) }.flatMap { keepAlive(channel) }
        }
        return HTTPClient(configuration: configuration)
    }()

    /// Has the kernel ask after a peer that has been silent for a minute, so that a stream whose server vanished
    /// without a word (a power cut, a forgetful router) ends, where no idle timeout is set.
    private static func keepAlive(_ channel: any Channel) -> EventLoopFuture<Void> {
        let on = channel.setOption(.socketOption(.so_keepalive), value: 1)
        #if os(Linux)
        let times: [EventLoopFuture<Void>] = [(TCP_KEEPIDLE, 60), (TCP_KEEPINTVL, 15), (TCP_KEEPCNT, 4)].map {
            (name: CInt, value: ChannelOptions.Types.SocketOption.Value) in
            channel.setOption(.tcpOption(.init(rawValue: name)), value: value)
        }
        return .andAllComplete([on] + times, on: channel.eventLoop)
        #else
        return on
        #endif
    }
}
