public import Hummingbird
public import HummingbirdCore
import Logging
public import ServerSentEvents

extension Response {
    /// A stream of values that a closure returns, asked at an interval.
    ///
    /// ```swift
    /// router.get("users/:id/notices") { request, context in
    ///     let id = try context.parameters.require("id", as: Int.self)
    ///     return Response.sse(every: .seconds(1), for: request, context: context) {
    ///         ["notice_num": try await notices.count(of: id)]
    ///     }
    /// }
    /// ```
    ///
    /// The closure is called at once, and then at each multiple of the interval, never twice at the same time: a time
    /// that passes while it still runs, or while its value waits for the socket, is skipped.
    ///
    /// A value that can't be encoded is left out, and the stream goes on; the log has an error for the first of such
    /// values in a row. What the closure throws is logged and ends the stream. The rest is as with
    /// ``sse(for:context:options:_:)``.
    ///
    /// - Parameters:
    ///   - interval: The time from one call to the next; one of less than a millisecond is taken as a millisecond.
    ///   - request: As for ``sse(for:context:options:_:)``.
    ///   - context: The request's context. Its logger is told of errors.
    ///   - options: How the stream is kept alive, and when it is given up.
    ///   - value: The value to send: a `String` as it is, anything else as JSON, and nothing for `nil`.
    public static func sse(
        every interval: Duration,
        for request: Request,
        context: some RequestContext,
        options: EventStreamOptions = EventStreamOptions(),
        _ value: @Sendable @escaping () async throws -> (any Encodable)?
    ) -> Response {
        self.sse(
            every: interval,
            for: request,
            context: context,
            options: options,
            loopOver: {
                try await value().map { .data($0) }
            }
        )
    }

    /// A stream of events that a closure returns, asked at an interval.
    ///
    /// As the form for values, for closures that give their events ids or types:
    ///
    /// ```swift
    /// let response = Response.sse(every: .seconds(1), for: request, context: context) {
    ///     Event(type: "load", data: "\(machine.load)")
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - interval: The time from one call to the next; one of less than a millisecond is taken as a millisecond.
    ///   - request: As for ``sse(for:context:options:_:)``.
    ///   - context: The request's context. Its logger is told of errors.
    ///   - options: How the stream is kept alive, and when it is given up.
    ///   - event: The event to send, and nothing for `nil`. One with an id or type that can't be encoded is left out.
    public static func sse(
        every interval: Duration,
        for request: Request,
        context: some RequestContext,
        options: EventStreamOptions = EventStreamOptions(),
        _ event: @Sendable @escaping () async throws -> Event?
    ) -> Response {
        self.sse(
            every: interval,
            for: request,
            context: context,
            options: options,
            loopOver: {
                try await event().map { .event($0) }
            }
        )
    }

    private static func sse(
        every interval: Duration,
        for request: Request,
        context: some RequestContext,
        options: EventStreamOptions,
        loopOver value: @Sendable @escaping () async throws -> ValueLoop.Value?
    ) -> Response {
        let loop = ValueLoop(
            interval: interval,
            clock: options.clock,
            logger: context.logger,
            route: context.endpointPath ?? request.uri.path,
            values: ValueEncoder(context),
            value: value
        )
        return self.sse(for: request, context: context, options: options) { try await loop.run($0) }
    }
}
