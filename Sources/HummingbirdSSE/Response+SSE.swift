import HTTPTypes
public import Hummingbird
public import HummingbirdCore
public import ServerSentEvents

extension Response {
    /// A stream of Server-Sent Events that a closure sends, for handlers that decide something before it begins.
    ///
    /// ```swift
    /// router.get("orders/:id/events") { request, context in
    ///     let id = try context.parameters.require("id", as: Int.self)
    ///     guard let order = try await orders.find(id) else { throw HTTPError(.notFound) }
    ///     return Response.sse(for: request, context: context) { stream in
    ///         for try await change in order.changes { try await stream.send(change) }
    ///     }
    /// }
    /// ```
    ///
    /// What a handler throws before it returns the response is answered as by any other route; a browser's
    /// `EventSource` doesn't come back after a status other than 200. From then on:
    ///
    /// - A comment is sent at once, so that the client sees the stream open.
    /// - The closure runs for this client alone, in a task that is cancelled when the client leaves, when it stalls (see
    ///   ``EventStreamOptions/stall``) and when the server shuts down gracefully. The request's task waits for it to
    ///   return, and so does the server: a closure has to heed cancellation, as `Task.sleep`, `AsyncStream` and
    ///   ``EventStream/send(_:)`` do.
    /// - The stream ends when the closure returns or throws, and with it the connection if that is HTTP/1.1. What it
    ///   throws while the client is there is logged as an error by the context's logger, with the route's path; an
    ///   `HTTPError` that blames the client, as information. Clients reconnect; to have them stop, agree with them on
    ///   an event that says so.
    ///
    /// The answer to `HEAD` has the headers only, and runs no closure.
    ///
    /// - Parameters:
    ///   - request: The request, with the body it came with: if a middleware puts another in its place it has to do so
    ///     by assigning `request.body`, because Hummingbird can't tell otherwise when the client leaves, and stops the
    ///     program.
    ///   - context: The request's context. Its logger is told of errors.
    ///   - options: How the stream is kept alive, and when it is given up.
    ///   - closure: Sends the events.
    public static func sse(
        for request: Request,
        context: some RequestContext,
        options: EventStreamOptions = EventStreamOptions(),
        _ closure: @Sendable @escaping (EventStream) async throws -> Void
    ) -> Response {
        var headers: HTTPFields = [
            .contentType: "text/event-stream",
            .cacheControl: "no-cache, no-store, no-transform",
        ]
        // Has nginx pass on events as they come.
        if let name = HTTPField.Name("X-Accel-Buffering") { headers[name] = "no" }
        // It gets `Content-Length: 0`, which a stream has not: without, HTTP/1.1 would have a body's end behind the head.
        guard request.method != .head else { return Response(status: .ok, headers: headers) }
        let run = StreamRun(
            request: request,
            logger: context.logger,
            route: context.endpointPath ?? request.uri.path,
            options: options,
            values: ValueEncoder(context),
            closure: closure
        )
        return Response(status: .ok, headers: headers, body: ResponseBody { try await run.run($0) })
    }

    /// A stream of the events of a sequence.
    ///
    /// ```swift
    /// router.get("prices") { request, context in
    ///     Response.sse(prices.changes.map { Event(data: "\($0)") }, for: request, context: context)
    /// }
    /// ```
    ///
    /// An iterator is made when the client's stream begins, and asked for the next event once the socket has taken the
    /// one before. The stream ends with the sequence, or with its error; the iterator's task is cancelled when the client
    /// leaves. Whether several clients may iterate is for the sequence to say: `AsyncStream` is for one.
    ///
    /// - Parameters:
    ///   - events: The events. One that can't be encoded ends the stream, with an error in the log.
    ///   - request: As for ``sse(for:context:options:_:)``.
    ///   - context: The request's context. Its logger is told of errors.
    ///   - options: How the stream is kept alive, and when it is given up.
    public static func sse<Events: AsyncSequence & Sendable>(
        _ events: Events,
        for request: Request,
        context: some RequestContext,
        options: EventStreamOptions = EventStreamOptions()
    ) -> Response where Events.Element == Event, Events.AsyncIterator: SendableMetatype {
        self.sse(for: request, context: context, options: options) { stream in
            for try await event in events { try await stream.send(event) }
        }
    }
}
