public import AsyncHTTPClient
public import NIOHTTP1
public import ServerSentEvents

/// The events of a server, as they come: what `new EventSource(url)` is in a browser, as an `AsyncSequence`.
///
/// A description, not a connection: each iterator opens its own connection, in the task that iterates, with its first
/// `next()`, and closes it when it goes. There is no other task and no queue behind it. A consumer that is slow to ask
/// for the next event stops the reading of the socket, and with it the server; memory stays flat.
///
/// ```swift
/// let prices = EventSource("https://example.com/prices", headers: ["Authorization": "Bearer \(token)"])
/// for try await event in prices {
///     print(event.type, event.data)
/// }
/// ```
///
/// The loop goes on when the connection is lost or the server ends the stream: it waits, as ``Reconnection`` says and
/// the server's `retry` field asks, and connects again with the `Last-Event-ID` in force. It ends
/// - quietly, when the server answers 204, and when the task is cancelled, which closes the connection at once;
/// - with an ``EventSourceError``, when the server refuses: another status than 200, another content type than
///   `text/event-stream`, a redirect that leads nowhere; when the request cannot be made at all; and when an event
///   exceeds the limits of the parser.
///
/// One refusal is waited out, which a browser does not do: once a stream has been open, the statuses 429, 502, 503 and
/// 504 lead to another attempt, not before a `Retry-After` in seconds, because that is how a server looks that is
/// being restarted. At the very first attempt they are errors like any other.
///
/// Source: WHATWG HTML 9.2, RFC 9110 §10.2.3 (Retry-After), §15.4 (redirects).
public struct EventSource: AsyncSequence, Sendable {
    /// An event, with the id that is in force after it.
    public typealias Element = MessageEvent
    /// What ends the sequence, if it does not end quietly.
    public typealias Failure = EventSourceError

    let url: String
    let headers: HTTPHeaders
    let configuration: Configuration
    let client: HTTPClient
    let timing: Timing
    let onStateChange: (@Sendable (State) -> Void)?

    /// Describes a stream; connects to nothing yet.
    ///
    /// ```swift
    /// let events = EventSource("https://example.com/feed", onStateChange: { print($0) })
    /// ```
    ///
    /// - Parameters:
    ///   - url: An absolute `http` or `https` URL. Anything else is an ``EventSourceError/Code/invalidRequest`` from the
    ///     first `next()`.
    ///   - headers: Sent with each request. `Accept` and `Cache-Control` replace what would be sent; `Last-Event-ID` is
    ///     ignored, see ``Configuration/lastEventID``. `Authorization`, `Cookie` and `Proxy-Authorization` are not sent
    ///     on to another origin by a redirect.
    ///   - configuration: Where to begin, how to reconnect, when to give up on a silent connection, how large an event
    ///     may be.
    ///   - client: The client to connect with; `nil` for one made for streams, shared by all event sources. Your own
    ///     should have redirects disallowed, else it follows them by its own rules, and no read timeout and no
    ///     decompression.
    ///   - clock: What waiting is measured with.
    ///   - onStateChange: Called by the task that iterates, before it goes on; so it should return soon.
    public init(
        _ url: String,
        headers: HTTPHeaders = [:],
        configuration: Configuration = Configuration(),
        client: HTTPClient? = nil,
        clock: any Clock<Duration> = ContinuousClock(),
        onStateChange: (@Sendable (State) -> Void)? = nil
    ) {
        self.url = url
        self.headers = headers
        self.configuration = configuration
        self.client = client ?? .forStreams
        self.timing = Timing(clock)
        self.onStateChange = onStateChange
    }

    /// Begins the stream for one reader, who connects with the first `next()`.
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(self)
    }
}
