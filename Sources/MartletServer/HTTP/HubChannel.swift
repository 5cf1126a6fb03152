public import HummingbirdCore
public import Logging
import Martlet
public import NIOCore
import NIOHTTPTypes
import NIOSSL
import Synchronization

/// Serves the hub and, beside it, a Hummingbird application on one port: HTTP/1.1, and with TLS also HTTP/2.
///
/// ```swift
/// let endpoint = HubEndpoint(hub: Hub(log: MemoryLog()), access: access)
/// let app = Application(router: router, server: .hub(endpoint), services: [endpoint])
/// ```
///
/// A connection is wrapped for Hummingbird's task only when a request comes that isn't the hub's. One that becomes a
/// stream before that never is: its task ends, and all that stays is one handler.
public struct HubChannel: ServerChildChannel, HTTPChannelHandler {
    /// A connection, and the promise of what of it Hummingbird is to serve.
    public struct Value: ServerChildChannelValue {
        /// The connection.
        public let channel: any Channel
        let handOver: EventLoopFuture<HandOver>
    }

    typealias Requests = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

    /// What Hummingbird gets of a connection.
    enum HandOver: Sendable {
        /// The connection from some request on, or nothing.
        case connection(EventLoopFuture<Requests?>)
        /// Those of its HTTP/2 streams whose requests aren't the hub's.
        case streams(AsyncStream<Requests>)
    }

    /// What answers the requests that aren't the hub's.
    public let responder: HTTPChannelHandler.Responder
    private let endpoint: HubEndpoint
    private let tls: TLSContext?

    /// Makes the channel set-up.
    ///
    /// - Parameters:
    ///   - endpoint: the hub that it serves.
    ///   - tls: the certificate to show; nil for plain HTTP/1.1.
    ///   - responder: what answers the requests that aren't the hub's.
    public init(endpoint: HubEndpoint, tls: TLSContext? = nil, responder: @escaping HTTPChannelHandler.Responder) {
        self.endpoint = endpoint
        self.tls = tls
        self.responder = responder
    }

    /// A connection keeps what it has read into for as long as it lives, so one that becomes a stream and reads nothing
    /// more should begin with little: the usual head of a request. It gets more as soon as it reads more.
    private static let readBuffers = AdaptiveRecvByteBufferAllocator(minimum: 512, initial: 512, maximum: 64 << 10)

    /// Fills a new connection's pipeline.
    public func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        let endpoint = self.endpoint
        guard endpoint.serves(channel.eventLoop) else {
            logger.critical(
                "The hub was made with other event loops than the application runs on; no connection can be served."
            )
            channel.close(promise: nil)
            return channel.eventLoop.makeFailedFuture(ChannelError.operationUnsupported)
        }
        endpoint.connections.add(1, ordering: .relaxed)
        channel.closeFuture.whenComplete { _ in endpoint.connections.subtract(1, ordering: .relaxed) }
        return channel.eventLoop.makeCompletedFuture {
            try channel.syncOptions?.setOption(.recvAllocator, value: Self.readBuffers)
            let handOver: EventLoopFuture<HandOver>
            if let tls = self.tls {
                handOver = try Self.setUpTLS(channel, context: tls.current, endpoint: endpoint)
            } else {
                let connection = try Self.setUpHTTP1(channel, isSecure: false, endpoint: endpoint)
                handOver = channel.eventLoop.makeSucceededFuture(connection)
            }
            return Value(channel: channel, handOver: handOver)
        }
    }

    /// Lets Hummingbird serve the connection, or streams of it, if it ever gets them.
    public func handle(value: Value, logger: Logger) async {
        switch try? await value.handOver.get() {
        case .connection(let connection):
            guard let channel = try? await connection.get() else { return }
            await self.handleHTTP(asyncChannel: channel, logger: logger)
        case .streams(let streams):
            await withDiscardingTaskGroup { group in
                for await channel in streams {
                    group.addTask { await self.handleHTTP(asyncChannel: channel, logger: logger) }
                }
            }
        case nil: return
        }
    }

    /// Whether somebody else has put TLS into the pipeline, such as `.tls(.hub(endpoint), …)` of HummingbirdTLS. Streams write
    /// past the pipeline, which must not be past that.
    static func isBehindTLS(_ channel: any Channel) -> Bool {
        (try? channel.pipeline.syncOperations.handler(type: NIOSSLHandler.self)) != nil
    }

    static func setUpHTTP1(
        _ channel: any Channel,
        isSecure: Bool,
        endpoint: HubEndpoint
    ) throws -> HandOver {
        let handOver = channel.eventLoop.makePromise(of: Requests?.self)
        do {
            let connection = try HTTP1Connection(
                channel,
                isSecure: isSecure || Self.isBehindTLS(channel),
                limits: endpoint.limits,
                handOver: handOver
            )
            try channel.pipeline.syncOperations.addHandler(HubHandler(connection, on: channel, endpoint: endpoint))
        } catch {
            handOver.succeed(nil)
            throw error
        }
        return .connection(handOver.futureResult)
    }
}

extension HTTPServerBuilder {
    /// Serves a hub on the port of a Hummingbird application, see ``HubChannel``.
    ///
    /// ```swift
    /// let app = Application(router: router, server: .hub(endpoint), services: [endpoint])
    /// ```
    ///
    /// - Parameters:
    ///   - endpoint: the hub that it serves.
    ///   - tls: the certificate to show; nil for plain HTTP/1.1.
    public static func hub(_ endpoint: HubEndpoint, tls: TLSContext? = nil) -> HTTPServerBuilder {
        HTTPServerBuilder { responder in HubChannel(endpoint: endpoint, tls: tls, responder: responder) }
    }
}
