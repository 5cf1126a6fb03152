/// Turns the bytes of a `text/event-stream`, in whatever pieces they arrive, into the events a client receives.
///
/// A plain value that does no I/O: whoever reads the stream owns it, and feeds it from one place at a time.
///
/// ```swift
/// var parser = EventParser()
/// for try await chunk in body {
///     try parser.parse(chunk) { item in
///         if case .event(let event) = item { print(event.type, event.data) }
///     }
/// }
/// parser.finish()
/// ```
///
/// It follows WHATWG HTML 9.2.6 to the byte. In particular a CR ends its line at once: an event is emitted with the
/// first byte that completes it, and an LF that belongs to that CR is dropped when it comes.
public struct EventParser: Sendable {
    /// What a stream says, in the order it says it.
    public enum Item: Sendable, Hashable {
        /// An event was completed by an empty line.
        case event(MessageEvent)
        /// A comment, without its colon and one space behind it. Only if the parser was asked to report comments.
        case comment(String)
        /// The time to wait before reconnecting, in milliseconds. Emitted at once, not with the event around it.
        ///
        /// A value that is not made of ASCII digits only, or is more than `Int.max`, is ignored.
        case retry(Int)
    }

    /// The id to reconnect with: what the DOM calls the "last event ID string". `""` if there is none.
    ///
    /// It changes at the empty line that ends an event, even one without data, which is not emitted; so it never is
    /// the id of an event that was not received whole.
    public internal(set) var lastEventID: String

    let limits: Limits
    let reportsComments: Bool

    /// Set by a limit that was passed; nothing is read any more.
    var failure: EventParserError?

    // What `EventParser+Lines.swift` keeps between chunks.

    /// How many bytes of a byte order mark the stream has begun with; `nil` once that is decided.
    var byteOrderMarkLength: Int? = 0
    /// The last byte was CR: an LF that comes next belongs to it.
    var endedWithCR = false
    /// The beginning of a line whose end has not come yet.
    var carry: [UInt8] = []

    // What `EventParser+Fields.swift` keeps between lines.

    /// The id the next empty line puts in force.
    ///
    /// Begins as the id in force, as in browsers. By the letter of WHATWG HTML it would begin empty on each
    /// connection, and the first event without an id would make a client forget where it was.
    var id: String
    /// The type of the event so far.
    var type = ""
    /// Whether the event has data so far. Empty data is an event, no data is none.
    var hasData = false
    /// The data of the event so far, as far as it does not lie in the chunk being read.
    var data: [UInt8] = []

    /// Makes a parser for a new stream.
    ///
    /// - Parameters:
    ///   - lastEventID: The id in force before the stream begins: the one a reconnecting client sent.
    ///   - limits: How much a stream may make the parser hold.
    ///   - reportsComments: Whether comments are emitted, for a client that wants to see heartbeats.
    public init(lastEventID: String = "", limits: Limits = Limits(), reportsComments: Bool = false) {
        self.lastEventID = lastEventID
        self.id = lastEventID
        self.limits = limits
        self.reportsComments = reportsComments
    }

    /// Ends the stream. What is unfinished is discarded (WHATWG HTML 9.2.6); ``lastEventID`` stays.
    ///
    /// The parser is then ready for a new stream, which may begin with a byte order mark again, also after an error.
    public mutating func finish() {
        self = EventParser(lastEventID: lastEventID, limits: limits, reportsComments: reportsComments)
    }
}
