import NIOCore
public import ServerSentEvents

/// What a route's closure sends its events to: one client's open stream.
///
/// ```swift
/// router.sse("orders") { context, stream in
///     for try await order in orders.after(stream.lastEventID) {
///         try await stream.send(order, type: "order", id: order.number)
///     }
/// }
/// ```
///
/// Every `send` waits until the client's socket has room, so a slow client slows its closure and costs no memory. It
/// throws as soon as the client is gone; the closure's task is cancelled at the same time, so a closure that waits for
/// something else ends too. Several tasks may send at once: their events are written one after the other, never mixed.
///
/// It belongs to the closure it was given to, and is of no use once that has returned.
public struct EventStream: Sendable {
    /// The id of the last event the client received before it lost its connection: where to go on.
    ///
    /// From the header `Last-Event-ID`, which browsers send when they reconnect, or else from the parameter
    /// `lastEventID` of the query. `nil` if there is none, or one that no event can have had. It is whatever the client
    /// says: look it up, don't trust it. Source: WHATWG HTML 9.2.4.
    public let lastEventID: String?

    private let pipe: EventPipe
    private let values: ValueEncoder

    init(_ pipe: EventPipe, lastEventID: String?, values: ValueEncoder) {
        self.pipe = pipe
        self.lastEventID = lastEventID
        self.values = values
    }

    /// Sends an event.
    ///
    /// ```swift
    /// try await stream.send(Event(id: "42", type: "notice", data: "3 unread"))
    /// ```
    ///
    /// - Throws: `EventEncodingError` if the event's id or type holds a line break or NUL, or its retry time is negative;
    ///   nothing is sent then, and the stream goes on. ``EventStreamError`` if the client is gone or the stream has ended
    ///   otherwise; the event may have been sent then, or not. `CancellationError` if the calling task is cancelled.
    public func send(_ event: Event) async throws {
        try await self.send(ByteBuffer(bytes: try EventEncoder.encode(event)))
    }

    /// Sends a value: a `String` as it is, anything else as JSON.
    ///
    /// ```swift
    /// try await stream.send("3 unread")                              // data: 3 unread
    /// try await stream.send(["unread": 3], type: "notice", id: "42")  // data: {"unread":3}
    /// ```
    ///
    /// JSON is written by the context's `responseEncoder` if that is a `JSONEncoder`, as with what other routes return,
    /// and by default with dates in ISO 8601.
    ///
    /// - Parameters:
    ///   - value: The data. `nil` sends nothing.
    ///   - type: The name a client listens for; `nil` is `message`.
    ///   - id: What the client sends back as `Last-Event-ID` when it reconnects; `nil` leaves its last id as it is.
    ///   - retry: How long the client is to wait before it reconnects, from now on; in whole milliseconds.
    /// - Throws: `EncodingError` if the value can't be written as JSON; else as ``send(_:)``.
    public func send(
        _ value: some Encodable,
        type: String? = nil,
        id: String? = nil,
        retry: Duration? = nil
    ) async throws {
        guard let data = try self.values.data(value) else { return }
        try await self.send(Event(id: id, type: type, data: data, retry: retry?.wholeMilliseconds))
    }

    /// Sends a comment, which clients ignore: for whoever looks at the stream with `curl`.
    ///
    /// Heartbeats need none, see ``EventStreamOptions/heartbeat``.
    ///
    /// - Parameter text: Any text; each of its lines becomes a comment line.
    /// - Throws: As ``send(_:)``, but for the encoding.
    public func comment(_ text: String) async throws {
        try await self.send(ByteBuffer(bytes: EventEncoder.comment(text)))
    }

    /// Sends an event or a comment that is encoded already.
    func send(_ bytes: ByteBuffer) async throws {
        try await self.pipe.send(bytes)
    }
}
