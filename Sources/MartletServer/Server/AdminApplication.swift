import Hummingbird
import Logging
import Martlet
import MartletMetrics
import NIOCore

/// What the admin listener serves to operators: the dashboard, what the hub has counted, its streams, and the hub itself
/// with everything granted.
enum AdminApplication {
    static func make(
        _ admin: AdminEndpoint,
        metrics: HubMetrics,
        address: BindAddress,
        group: any EventLoopGroup,
        logger: Logger,
        onListening: @escaping @Sendable (String) -> Void
    ) -> some ApplicationProtocol {
        let router = Router(options: .autoGenerateHeadEndpoints)
        router.add(middleware: SentenceMiddleware())
        router.add(middleware: OperatorMiddleware(rule: admin.rule))
        router.addHealth(of: admin.hub, tellsOfSources: true)
        router.addBrowserClient()
        router.add(Asset.dashboard, named: "dashboard")
        router.addStreams(of: admin.hub.hub)
        router.get("/status") { _, _ in
            Response.json(try await admin.hub.statusJSON())
        }
        router.get("/metrics") { _, _ in
            Response(
                status: .ok,
                headers: [.contentType: PrometheusRegistry.contentType, .cacheControl: "no-store"],
                body: .init(byteBuffer: ByteBuffer(string: await metrics.registry.text()))
            )
        }
        return Application(
            router: router,
            server: .hub(admin.endpoint),
            configuration: ApplicationConfiguration(address: .hostname(address.host, port: address.port)),
            onServerRunning: { onListening("http://\(address.at(port: $0.localAddress?.port))") },
            eventLoopGroupProvider: .shared(group),
            logger: logger.quieted
        )
    }
}

extension Response {
    static func json(_ text: String) -> Response {
        Response(
            status: .ok,
            headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: .init(byteBuffer: ByteBuffer(string: text))
        )
    }
}

/// Lets in operators only, see ``OperatorRule``.
private struct OperatorMiddleware<Context: RequestContext>: RouterMiddleware {
    let rule: OperatorRule

    func handle(
        _ request: Request,
        context: Context,
        next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        do throws(RequestError) {
            try self.rule.check(request.head, from: nil)
        } catch {
            var response = Response.text(error.status, error.message + "\n")
            // A browser asks for the token then (RFC 7617).
            if error.status == .unauthorized { response.headers[.wwwAuthenticate] = "Basic realm=\"Martlet\"" }
            return response
        }
        return try await next(request, context)
    }
}
