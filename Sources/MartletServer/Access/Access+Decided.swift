import Foundation
import HTTPTypes
public import Hummingbird
public import Logging
import Martlet

extension Access {
    /// Access that an application decides on, request by request, with what it knows: a session, a header, an API key.
    ///
    /// ```swift
    /// let access = try Access.decided { request in
    ///     guard let user = try await sessions.user(of: request.cookies["session"]?.value) else {
    ///         throw HTTPError(.unauthorized, message: "Log in first.")
    ///     }
    ///     return try Permission(subscribe: [.topic("users/\(user.id)/notices")], subject: user.id, until: .now + 300)
    /// }
    /// let endpoint = HubEndpoint(hub: hub, access: access)
    /// ```
    ///
    /// It is asked once for each request, on the global executor, before a body is read: `GET` subscribes, `POST`
    /// publishes. Nothing of it is cached. Its task is cancelled when the client goes, and when it takes longer than
    /// ``HubEndpoint/Limits/bodyTimeout``, which is answered with 503.
    ///
    /// A browser sends a cookie along with whatever any page has it ask for. So a request whose `Origin` is neither the
    /// hub's own nor one of `origins` may not publish, and no page but those may read answers.
    ///
    /// - Parameters:
    ///   - origins: the origins of other pages that may use the hub, such as `https://app.example`, with their visitors'
    ///     cookies.
    ///   - trustedProxies: whose `X-Forwarded-For` is believed, where streams are counted by address.
    ///   - logger: told when a decision fails with another error than `HTTPError`; the request is answered with 500.
    ///   - decide: what the request may do. It throws `HTTPError` to refuse it, with that status, message and `Retry-After`.
    /// - Throws: ``AccessError`` if one of `origins` is no `scheme://host[:port]`.
    public static func decided(
        origins: [String] = [],
        trustedProxies: [AddressRange] = [],
        logger: Logger = Logger(label: "martlet.access"),
        by decide: @escaping @Sendable (Request) async throws -> Permission
    ) throws(AccessError) -> Access {
        var listed: Set<String> = []
        for origin in origins {
            guard let address = try? WebAddress(origin), address.rest.isEmpty else {
                throw AccessError(
                    description: "\(origin.quoted) is no origin; write it like https://app.example, without a path."
                )
            }
            listed.insert(address.origin)
        }
        var access = Access(
            publishers: nil,
            subscribers: nil,
            allowsAnonymous: true,
            cors: CORSPolicy(origins: listed, allowsRequestedHeaders: true),
            trustedProxies: trustedProxies
        )
        access.decider = Decider(logger: logger, decide: decide)
        return access
    }
}

/// An application's word on who may do what.
struct Decider: Sendable {
    let logger: Logger
    let decide: @Sendable (Request) async throws -> Permission

    /// Asks about a request, by its head.
    func grant(for head: HTTPRequest) async -> Result<Grant, RequestError> {
        do {
            let request = Request(head: head, body: RequestBody(buffer: .init()))
            let grant = Grant(try await self.decide(request))
            guard !grant.isOver else { return .failure(RequestError(.unauthorized, Self.over)) }
            return .success(grant)
        } catch let error as HTTPError {
            let status = error.status
            // A decision is no answer: one that reads as success would have a client wait for a stream.
            guard status.kind == .clientError || status.kind == .serverError else { return self.failed(error) }
            return .failure(
                RequestError(
                    status,
                    error.body ?? "\(status.code) \(status.reasonPhrase).",
                    retryAfter: error.headers[.retryAfter].flatMap { Int($0) }
                )
            )
        } catch {
            return self.failed(error)
        }
    }

    static let over = "What you were permitted has ended; come back."

    private func failed(_ error: any Error) -> Result<Grant, RequestError> {
        self.logger.error("Who may use the hub could not be decided: \(error)")
        return .failure(RequestError(.internalServerError, "Whether you may come in could not be found out."))
    }

    /// Refuses what a page from elsewhere has a browser publish.
    static func checkOrigin(of head: HTTPRequest, allowing pages: CORSPolicy) throws(RequestError) {
        for origin in head.headerFields[values: .origin] where !WebAddress.isOrigin(origin, of: head.authority) {
            if pages.lists(origin) { continue }
            throw RequestError(
                .forbidden,
                "Pages of the origin \(origin.quoted) may not publish here; they are neither the hub's own nor named to it."
            )
        }
        // A browser that gives no origin says at least that the page is of another site.
        let site = head.headerFields[.secFetchSite]
        if head.headerFields[.origin] == nil, site == "cross-site" || site == "same-site" {
            throw RequestError(.forbidden, "Pages of other sites may not publish here.")
        }
    }
}
