import HTTPTypes
import Hummingbird

/// Refuses what a page from elsewhere has a browser change: it would come with the visitor's cookie.
struct SameOrigin<Context: RequestContext>: RouterMiddleware {
    func handle(
        _ request: Request,
        context: Context,
        next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard Self.allows(request.head) else {
            throw HTTPError(.forbidden, message: "Pages of other origins may not do this.")
        }
        return try await next(request, context)
    }

    /// Whether a request comes from a page of this origin, or from no page.
    static func allows(_ head: HTTPRequest) -> Bool {
        if let origin = head.headerFields[.origin] {
            // Without a host there is nothing that it could be the same as.
            guard let host = head.authority else { return false }
            return ["http://\(host)", "https://\(host)"].contains(origin)
        }
        // A link from elsewhere may lead here. What changes something has an origin, or says where its page is
        // (W3C Fetch Metadata §2.3).
        return head.method == .get || head.method == .head
            || head.headerFields.allSatisfy { field in
                field.name.canonicalName != "sec-fetch-site" || ["same-origin", "none"].contains(field.value)
            }
    }
}
