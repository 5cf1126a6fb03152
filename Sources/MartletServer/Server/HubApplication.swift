public import Hummingbird
import Logging
import Martlet
import MartletSources
import NIOCore

/// What the main listener serves beside the hub.
enum HubApplication {
    static func make(
        endpoint: HubEndpoint,
        tls: TLSContext?,
        address: BindAddress,
        group: any EventLoopGroup,
        demo: Demo?,
        logger: Logger,
        onListening: @escaping @Sendable (String) -> Void
    ) -> some ApplicationProtocol {
        let router = Router(options: .autoGenerateHeadEndpoints)
        router.add(middleware: SentenceMiddleware())
        router.addHealth(of: endpoint)
        router.addBrowserClient()
        if endpoint.access.isKeyless {
            router.add(Asset.home, named: "home")
            router.add(demo)
        } else {
            router.get("/") { _, _ in
                Response.text(.ok, "A hub of Martlet's. It speaks the Mercure protocol at \(HubEndpoint.hubPath).\n")
            }
        }
        return Application(
            router: router,
            server: .hub(endpoint, tls: tls),
            configuration: ApplicationConfiguration(
                address: .hostname(address.host, port: address.port),
                backlog: 4096
            ),
            onServerRunning: {
                onListening("\(tls == nil ? "http" : "https")://\(address.at(port: $0.localAddress?.port))")
            },
            eventLoopGroupProvider: .shared(group),
            logger: logger.quieted
        )
    }
}

/// Has every refusal say what is wrong; the router's own have an empty body.
struct SentenceMiddleware<Context: RequestContext>: RouterMiddleware {
    func handle(
        _ request: Request,
        context: Context,
        next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError where error.body == nil {
            let sentence =
                error.status == .notFound
                ? "There is nothing at this path." : "\(error.status.code) \(error.status.reasonPhrase)."
            return .text(error.status, sentence + "\n")
        }
    }
}

extension RouterMethods {
    /// Adds `/healthz`, which says that the process is up, and `/readyz`, which says that the hub's log works and streams
    /// aren't being ended; else it answers 503 and why.
    ///
    /// On a hub without keys, which only this machine reaches, `/readyz?verbose` adds a line for each source. Others keep
    /// that to themselves: what a source says is wrong may hold an internal address, or a topic that somebody looks at.
    ///
    /// ```swift
    /// router.addHealth(of: endpoint)
    /// ```
    public func addHealth(of endpoint: HubEndpoint) {
        self.addHealth(of: endpoint, tellsOfSources: endpoint.access.isKeyless)
    }

    func addHealth(of endpoint: HubEndpoint, tellsOfSources: Bool) {
        self.get("/healthz") { _, _ in "ok\n" }
        self.get("/readyz") { request, _ in
            // A source that fails is no reason to send nobody here: the hub serves what it has.
            let details =
                tellsOfSources && request.uri.queryParameters.has("verbose")
                ? endpoint.sources.map { $0.line + "\n" }.joined() : ""
            return switch await endpoint.readiness() {
            case .ready: Response.text(.ok, "ready\n" + details)
            case .notReady(let why): Response.text(.serviceUnavailable, why + "\n" + details)
            }
        }
    }
}

extension Response {
    static func text(_ status: HTTPResponse.Status, _ text: String) -> Response {
        Response(
            status: status,
            headers: [.contentType: "text/plain; charset=utf-8", .cacheControl: "no-store"],
            body: .init(byteBuffer: ByteBuffer(string: text))
        )
    }
}

extension BindAddress {
    /// The address with the port that was really bound, since 0 asks for any.
    func at(port: Int?) -> BindAddress {
        BindAddress(host: self.host, port: port ?? self.port)
    }
}

extension Logger {
    /// For Hummingbird, which tells at info what we tell ourselves.
    var quieted: Logger {
        var logger = self
        logger.logLevel = max(logger.logLevel, .warning)
        return logger
    }
}
