public import HummingbirdCore
public import Logging
import Martlet
public import NIOCore
import NIOHTTPTypes

/// Serves the hub and, beside it, a Hummingbird application on one HTTP/1 port.
///
/// ```swift
/// let endpoint = HubEndpoint(hub: hub, eventLoopGroup: group)
/// let app = Application(router: router, server: .hub(endpoint), eventLoopGroupProvider: .shared(group))
/// ```
///
/// A connection is wrapped for Hummingbird's task only when a request comes that isn't the hub's. One that becomes a
/// stream before that never is: its task ends, and all that stays is one handler.
public struct HubChannel: ServerChildChannel, HTTPChannelHandler {
    /// A connection, and the promise of it as Hummingbird wants it.
    public struct Value: ServerChildChannelValue {
        /// The connection.
        public let channel: any Channel
        let handOver: EventLoopFuture<NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>?>
    }

    /// What answers the requests that aren't the hub's.
    public let responder: HTTPChannelHandler.Responder
    private let endpoint: HubEndpoint

    /// Makes the channel set-up.
    public init(endpoint: HubEndpoint, responder: @escaping HTTPChannelHandler.Responder) {
        self.endpoint = endpoint
        self.responder = responder
    }

    /// Fills a new connection's pipeline.
    public func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let handOver = channel.eventLoop.makePromise(
                of: NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>?.self
            )
            do {
                let connection = try HTTP1Connection(channel, limits: self.endpoint.limits)
                let handler = HubHandler(
                    endpoint: self.endpoint,
                    shared: self.endpoint.shared(on: channel.eventLoop),
                    shard: self.endpoint.hub.shard(on: channel.eventLoop),
                    connection: connection,
                    handOver: handOver
                )
                try channel.pipeline.syncOperations.addHandler(handler)
            } catch {
                handOver.succeed(nil)
                throw error
            }
            return Value(channel: channel, handOver: handOver.futureResult)
        }
    }

    /// Lets Hummingbird serve the connection, if it ever gets it.
    public func handle(value: Value, logger: Logger) async {
        guard let channel = try? await value.handOver.get() else { return }
        await self.handleHTTP(asyncChannel: channel, logger: logger)
    }
}

extension HTTPServerBuilder {
    /// Serves a hub on the port of a Hummingbird application, see ``HubChannel``.
    public static func hub(_ endpoint: HubEndpoint) -> HTTPServerBuilder {
        HTTPServerBuilder { responder in HubChannel(endpoint: endpoint, responder: responder) }
    }
}
