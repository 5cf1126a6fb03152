/// What a client receives: the DOM's `MessageEvent`, as ``EventParser`` dispatches it.
///
/// ```swift
/// try parser.parse("event: notice\nid: 7\ndata: hello\n\n".utf8) { item in
///     if case .event(let event) = item {
///         print(event == MessageEvent(type: "notice", data: "hello", lastEventID: "7"))  // true
///     }
/// }
/// ```
///
/// Source: WHATWG HTML 9.2.6, "dispatch the event".
public struct MessageEvent: Sendable, Hashable {
    /// The event's type, `message` if the stream did not name one.
    public var type: String

    /// The event's data; its lines are separated by LF, whatever separated them on the wire.
    public var data: String

    /// The id in force when the event was dispatched, `""` if there is none.
    ///
    /// It is not necessarily an id of this event: an event without an `id` field carries the one before it.
    public var lastEventID: String

    /// Makes a message event, for instance as the expectation of a test.
    public init(type: String, data: String, lastEventID: String) {
        self.type = type
        self.data = data
        self.lastEventID = lastEventID
    }
}
