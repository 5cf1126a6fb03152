import HTTPTypes
import Hummingbird

extension ContractService {
    /// What the protocol calls the optional features of a client.
    static let capabilities = [
        "bom", "comments", "event-type-listeners", "headers", "last-event-id", "post", "read-timeout", "report",
        "restart", "server-directed-shutdown-request",
    ]

    private struct Description: ResponseEncodable {
        let name: String
        let capabilities: [String]
    }

    func router(streams: OpenStreams, quitting: QuitSwitch) -> Router<BasicRequestContext> {
        let router = Router()
        router.get("/") { _, _ in
            Description(name: "martlet EventSourceClient", capabilities: Self.capabilities)
        }
        router.delete("/") { _, _ -> HTTPResponse.Status in
            quitting.quit()
            return .noContent
        }
        router.post("/") { request, context in
            let parameters = try await request.decode(as: StreamParameters.self, context: context)
            let id = try streams.open(parameters.validated())
            return Response(status: .created, headers: [.location: "/streams/\(id)"])
        }
        router.post("/streams/{id}") { request, context -> HTTPResponse.Status in
            let stream = try streams.stream(context.parameters.require("id", as: Int.self))
            switch try await request.decode(as: Command.self, context: context).validated() {
            case .restart: stream.restart()
            // An iterator gets the events of all types, so there is nothing to do.
            case .listen: break
            }
            return .accepted
        }
        router.delete("/streams/{id}") { _, context -> HTTPResponse.Status in
            try streams.close(context.parameters.require("id", as: Int.self))
            return .noContent
        }
        return router
    }
}
