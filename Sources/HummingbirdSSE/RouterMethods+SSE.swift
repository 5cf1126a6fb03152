public import Hummingbird
public import HummingbirdCore

extension RouterMethods {
    /// Adds a route that is a stream of Server-Sent Events, which a closure sends to each client.
    ///
    /// ```swift
    /// router.sse("feed") { context, stream in
    ///     for try await entry in feed.entries(after: stream.lastEventID) {
    ///         try await stream.send(entry, id: entry.id)
    ///     }
    /// }
    /// ```
    ///
    /// The closure runs once for each client. Its task is cancelled when the client leaves or the server shuts down;
    /// `Response.sse(for:context:options:_:)` has the rules, and is for handlers that decide something before the stream
    /// begins, or that answer with another status.
    ///
    /// It adds a route for `GET`, and one for `HEAD`, which answers the headers.
    ///
    /// - Parameters:
    ///   - path: The route's path.
    ///   - options: How streams are kept alive, and when they are given up.
    ///   - closure: Sends the events.
    /// - Returns: The router.
    @discardableResult
    public func sse(
        _ path: RouterPath = "",
        options: EventStreamOptions = EventStreamOptions(),
        use closure: @Sendable @escaping (Context, EventStream) async throws -> Void
    ) -> Self {
        self.sse(path, options: options) { _, context, stream in try await closure(context, stream) }
    }

    /// Adds a route that is a stream of Server-Sent Events, which a closure sends that also gets the request.
    ///
    /// ```swift
    /// router.sse("search") { request, context, stream in
    ///     for try await hit in search.hits(for: request.uri.queryParameters["q"] ?? "") { try await stream.send(hit) }
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - path: The route's path.
    ///   - options: How streams are kept alive, and when they are given up.
    ///   - closure: Sends the events.
    /// - Returns: The router.
    @discardableResult
    public func sse(
        _ path: RouterPath = "",
        options: EventStreamOptions = EventStreamOptions(),
        use closure: @Sendable @escaping (Request, Context, EventStream) async throws -> Void
    ) -> Self {
        self.stream(path) { request, context in
            Response.sse(for: request, context: context, options: options) { stream in
                try await closure(request, context, stream)
            }
        }
    }

    /// `HEAD` is added too, because routers do that of their own only if they are told to.
    func stream(_ path: RouterPath, _ handler: @Sendable @escaping (Request, Context) -> Response) -> Self {
        self.on(path, method: .get, use: handler).on(path, method: .head, use: handler)
    }
}
