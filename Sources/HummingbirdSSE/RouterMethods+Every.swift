public import Hummingbird
public import HummingbirdCore
public import ServerSentEvents

extension RouterMethods {
    /// Adds a route that is a stream of the values that a closure returns, asked at an interval.
    ///
    /// ```swift
    /// router.sse("time", every: .seconds(1)) { context in ["time": Date.now.ISO8601Format()] }
    /// // data: {"time":"2026-02-03T04:05:06Z"}
    /// ```
    ///
    /// A `String` is sent as it is, anything else as JSON, and for `nil` nothing is sent this time. Return `Event`s, of
    /// `ServerSentEvents`, to give them ids and types. The closure is called at once, and then at each multiple of the
    /// interval, never twice at the same time; `Response.sse(every:for:context:options:_:)` has the rules.
    ///
    /// It is called for each client of its own. What is the same for all of them, and costs something to find out, is
    /// better found out once: see the hub.
    ///
    /// It adds a route for `GET`, and one for `HEAD`, which answers the headers.
    ///
    /// - Parameters:
    ///   - path: The route's path.
    ///   - interval: The time from one call to the next; one of less than a millisecond is taken as a millisecond.
    ///   - options: How streams are kept alive, and when they are given up.
    ///   - value: The value to send now, or nil.
    /// - Returns: The router.
    @discardableResult
    public func sse(
        _ path: RouterPath = "",
        every interval: Duration,
        options: EventStreamOptions = EventStreamOptions(),
        use value: @Sendable @escaping (Context) async throws -> (any Encodable)?
    ) -> Self {
        self.stream(path) { request, context in
            Response.sse(every: interval, for: request, context: context, options: options) {
                () -> (any Encodable)? in try await value(context)
            }
        }
    }

    /// Adds a route that is a stream of the values that a closure returns, which also gets the request.
    ///
    /// ```swift
    /// router.sse("notices", every: .seconds(1)) { request, context in
    ///     ["notice_num": try await notices.count(of: request.uri.queryParameters["user"] ?? "")]
    /// }
    /// ```
    ///
    /// The response has begun when the closure is called: what it throws ends the stream, and isn't seen by the client.
    /// To refuse a request, use `Response.sse(every:for:context:options:_:)` in a handler.
    ///
    /// - Parameters:
    ///   - path: The route's path.
    ///   - interval: The time from one call to the next; one of less than a millisecond is taken as a millisecond.
    ///   - options: How streams are kept alive, and when they are given up.
    ///   - value: The value to send now, or nil.
    /// - Returns: The router.
    @discardableResult
    public func sse(
        _ path: RouterPath = "",
        every interval: Duration,
        options: EventStreamOptions = EventStreamOptions(),
        use value: @Sendable @escaping (Request, Context) async throws -> (any Encodable)?
    ) -> Self {
        self.stream(path) { request, context in
            Response.sse(every: interval, for: request, context: context, options: options) {
                () -> (any Encodable)? in try await value(request, context)
            }
        }
    }

    /// Adds a route that is a stream of the events that a closure returns, asked at an interval.
    ///
    /// ```swift
    /// router.sse("load", every: .seconds(1)) { context in Event(type: "load", data: "\(machine.load)") }
    /// ```
    ///
    /// - Parameters:
    ///   - path: The route's path.
    ///   - interval: The time from one call to the next; one of less than a millisecond is taken as a millisecond.
    ///   - options: How streams are kept alive, and when they are given up.
    ///   - event: The event to send now, or nil.
    /// - Returns: The router.
    @discardableResult
    public func sse(
        _ path: RouterPath = "",
        every interval: Duration,
        options: EventStreamOptions = EventStreamOptions(),
        use event: @Sendable @escaping (Context) async throws -> Event?
    ) -> Self {
        self.stream(path) { request, context in
            Response.sse(every: interval, for: request, context: context, options: options) {
                () -> Event? in try await event(context)
            }
        }
    }

    /// Adds a route that is a stream of the events that a closure returns, which also gets the request.
    ///
    /// ```swift
    /// router.sse("load", every: .seconds(1)) { request, context in
    ///     Event(type: "load", data: "\(machine.load(of: request.uri.queryParameters["host"]))")
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - path: The route's path.
    ///   - interval: The time from one call to the next; one of less than a millisecond is taken as a millisecond.
    ///   - options: How streams are kept alive, and when they are given up.
    ///   - event: The event to send now, or nil.
    /// - Returns: The router.
    @discardableResult
    public func sse(
        _ path: RouterPath = "",
        every interval: Duration,
        options: EventStreamOptions = EventStreamOptions(),
        use event: @Sendable @escaping (Request, Context) async throws -> Event?
    ) -> Self {
        self.stream(path) { request, context in
            Response.sse(every: interval, for: request, context: context, options: options) {
                () -> Event? in try await event(request, context)
            }
        }
    }
}
