import Hummingbird
import Logging
import Martlet
import NIOCore

/// What the admin listener serves, to this machine only: health, and what the hub has counted.
enum AdminApplication {
    static func make(
        endpoint: HubEndpoint,
        address: BindAddress,
        group: any EventLoopGroup,
        logger: Logger,
        onListening: @escaping @Sendable (String) -> Void
    ) -> some ApplicationProtocol {
        let router = Router()
        router.add(middleware: SentenceMiddleware())
        router.add(middleware: LoopbackMiddleware())
        router.addHealth(of: endpoint)
        for path in ["/", "/status"] as [RouterPath] {
            router.get(path) { _, _ in
                Response(
                    status: .ok,
                    headers: [.contentType: "application/json", .cacheControl: "no-store"],
                    body: .init(byteBuffer: ByteBuffer(string: try await endpoint.statusJSON()))
                )
            }
        }
        return Application(
            router: router,
            configuration: ApplicationConfiguration(address: .hostname(address.host, port: address.port)),
            onServerRunning: { onListening("http://\(address.at(port: $0.localAddress?.port))") },
            eventLoopGroupProvider: .shared(group),
            logger: logger.quieted
        )
    }
}

/// Refuses what a web page from elsewhere has a browser send, see ``LoopbackRule``: the admin listener has no authorization.
private struct LoopbackMiddleware<Context: RequestContext>: RouterMiddleware {
    func handle(
        _ request: Request,
        context: Context,
        next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        do throws(RequestError) {
            try LoopbackRule.check(request.head, from: nil, listener: "The admin listener")
        } catch {
            return .text(error.status, error.message + "\n")
        }
        return try await next(request, context)
    }
}
