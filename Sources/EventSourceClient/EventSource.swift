public import AsyncHTTPClient
public import NIOHTTP1
public import ServerSentEvents

/// The events of a server, as they come: what `new EventSource(url)` is in a browser, as an `AsyncSequence`.
///
/// A description, not a connection: each iterator opens its own connection, in the task that iterates, with its first
/// `next()`, and closes it when it goes. There is no other task and no queue behind it. A consumer that is slow to ask
/// for the next event stops the reading of the socket, and with it the server; memory stays flat. It is meant for one
/// reader at a time, because ``states`` and ``restart()`` are about all that there are.
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
/// Redirects are followed as `fetch` does, up to ten in a row; the next attempt begins at the first URL again. Requests go
/// over HTTP/1.1, also where a server has HTTP/2, so that a connection is one stream's, and can be closed when it is lost.
///
/// Besides the events there are all ``items``, with comments; values that are decoded, ``decode(_:type:decoder:onInvalid:)``;
/// and the ``states`` of the connection.
///
/// Source: WHATWG HTML 9.2, WHATWG Fetch 4.4 (redirects), RFC 9110 §10.2.3 (Retry-After).
public struct EventSource: AsyncSequence, Sendable {
    /// An event, with the id that is in force after it.
    public typealias Element = MessageEvent
    /// What ends the sequence, if it does not end quietly.
    public typealias Failure = EventSourceError

    let url: String
    let method: HTTPMethod
    let headers: HTTPHeaders
    let body: [UInt8]?
    let configuration: Configuration
    let client: HTTPClient
    let timing: Timing
    let switchboard = Switchboard()

    /// Describes a stream; connects to nothing yet.
    ///
    /// ```swift
    /// let answer = EventSource(
    ///     "https://example.com/v1/chat",
    ///     method: .POST,
    ///     headers: ["Content-Type": "application/json"],
    ///     body: Array(#"{"stream":true}"#.utf8)
    /// )
    /// ```
    ///
    /// - Parameters:
    ///   - url: An absolute `http` or `https` URL. Anything else is an ``EventSourceError/Code/invalidRequest`` from the
    ///     first `next()`. A user and a password in it are not sent; `Authorization` is a header.
    ///   - method: Any but CONNECT, TRACE and TRACK, which `fetch` forbids too.
    ///   - headers: Sent with each request. `Accept` and `Cache-Control` replace what would be sent, `text/event-stream`
    ///     and `no-cache`; `Last-Event-ID` is ignored, see ``Configuration/lastEventID``. `Authorization`, `Cookie`,
    ///     `Proxy-Authorization` and `Host` are not sent on to another origin by a redirect.
    ///   - body: Sent with each request, also with those that reconnect. Its `Content-Type` is one of the headers.
    ///   - configuration: Where to begin, how to reconnect, when to give up on a silent connection, how large an event
    ///     may be.
    ///   - client: The client to connect with; `nil` for one made for streams, shared by all event sources. Your own
    ///     should have redirects disallowed, else it follows them by its own rules, no read timeout, no decompression,
    ///     and HTTP/1 only: over HTTP/2, ``restart()`` and ``Configuration/idleTimeout`` leave the stream, but not the
    ///     connection, which may be the one that is dead.
    ///   - clock: What waiting is measured with.
    public init(
        _ url: String,
        method: HTTPMethod = .GET,
        headers: HTTPHeaders = [:],
        body: [UInt8]? = nil,
        configuration: Configuration = Configuration(),
        client: HTTPClient? = nil,
        clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.url = url
        self.method = method
        self.headers = headers
        self.body = body
        self.configuration = configuration
        self.client = client ?? .forStreams
        self.timing = Timing(clock)
    }

    /// Begins the stream for one reader, who connects with the first `next()`.
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(EventReader(self, reportsComments: false))
    }

    /// Where an attempt begins.
    func target(lastEventID: String) throws(EventSourceError) -> RequestTarget {
        var all = headers
        if !all.contains(name: "Accept") { all.add(name: "Accept", value: "text/event-stream") }
        // What fetch sends for the cache mode that EventSource asks for, "no-store" (WHATWG Fetch 4.5).
        if !all.contains(name: "Cache-Control") { all.add(name: "Cache-Control", value: "no-cache") }
        all.remove(name: "Last-Event-ID")
        if !lastEventID.isEmpty { all.add(name: "Last-Event-ID", value: lastEventID) }
        return try RequestTarget(url, method: method, headers: all, body: body)
    }
}
