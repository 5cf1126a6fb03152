/// What Server-Sent Events put on the wire: id, type, data, retry.
///
/// A plain value. ``EventEncoder`` turns it into bytes; what a client makes of those bytes is a ``MessageEvent``.
///
/// ```swift
/// let bytes = try EventEncoder.encode(Event(id: "k3f9x-1042", type: "notice", data: #"{"notice_num":3}"#))
/// // event: notice\nid: k3f9x-1042\ndata: {"notice_num":3}\n\n
/// ```
///
/// Source: WHATWG HTML 9.2.5 (the grammar) and 9.2.6 (what a client makes of it).
public struct Event: Sendable, Hashable {
    /// The id a client sends back as `Last-Event-ID` when it reconnects.
    ///
    /// `nil` leaves the client's id as it is, the empty string resets it. CR, LF and NUL are refused by the encoder.
    public var id: String?

    /// The name a client listens for. `nil` and the empty string both mean `message`.
    ///
    /// CR, LF and NUL are refused by the encoder.
    public var type: String?

    /// The text. Each of its lines becomes a `data` field, so a client receives every line end as LF.
    public var data: String

    /// How long a client is to wait before it reconnects, in milliseconds. Refused by the encoder if negative.
    public var retry: Int?

    /// Makes an event. Nothing is checked here; ``EventEncoder/encode(_:)`` does that.
    public init(id: String? = nil, type: String? = nil, data: String, retry: Int? = nil) {
        self.id = id
        self.type = type
        self.data = data
        self.retry = retry
    }
}
