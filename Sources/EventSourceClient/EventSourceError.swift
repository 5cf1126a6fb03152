/// Why an ``EventSource`` ended, or, in ``EventSource/State/waiting(reason:delay:)``, why it is not connected.
///
/// ```swift
/// do {
///     for try await event in EventSource(url) { show(event) }
/// } catch {
///     if error.status == 401 { logIn() } else { print(error.message, error.body) }
/// }
/// ```
public struct EventSourceError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of error, for programs.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Value: String, Sendable {
            case invalidRequest, unexpectedStatus, unexpectedContentType, invalidRedirect, tooManyRedirects
            case limitExceeded, undecodableData, cannotConnect, connectionLost, streamEnded, idleTimeout
        }

        private let value: Value

        /// The URL, the method or a header is not one that can be sent, or the HTTP client has been shut down. An id of
        /// the server's with control characters is a header that cannot be sent, once it has to be.
        public static let invalidRequest = Code(value: .invalidRequest)
        /// The server answered with another status than 200.
        public static let unexpectedStatus = Code(value: .unexpectedStatus)
        /// The server answered 200 with another content type than `text/event-stream`.
        public static let unexpectedContentType = Code(value: .unexpectedContentType)
        /// A redirect has no `Location`, or one that is no `http` or `https` URL.
        public static let invalidRedirect = Code(value: .invalidRedirect)
        /// One request was redirected more than ten times.
        public static let tooManyRedirects = Code(value: .tooManyRedirects)
        /// A line or an event was longer than its limit.
        public static let limitExceeded = Code(value: .limitExceeded)
        /// The data of an event is not what ``EventSource/decode(_:type:decoder:onInvalid:)`` was told to expect. The
        /// data is the error's ``EventSourceError/body``.
        public static let undecodableData = Code(value: .undecodableData)
        /// No answer could be had. Leads to another attempt.
        public static let cannotConnect = Code(value: .cannotConnect)
        /// The connection broke within the stream. Leads to another attempt.
        public static let connectionLost = Code(value: .connectionLost)
        /// The server ended the stream. Leads to another attempt.
        public static let streamEnded = Code(value: .streamEnded)
        /// Nothing came for ``EventSource/Configuration/idleTimeout``. Leads to another attempt.
        public static let idleTimeout = Code(value: .idleTimeout)

        /// The code's name, e.g. `unexpectedStatus`.
        public var description: String { value.rawValue }
    }

    /// The kind of error, for programs.
    public var code: Code

    /// What happened, for people, without a full stop: `http://127.0.0.1:8080/feed: 404 Not Found`.
    ///
    /// It may be logged: URLs are in it without user, password and query, in which tokens travel.
    public var message: String

    /// The URL it happened at, after redirects, as a whole.
    public var url: String

    /// The status of the answer, if there was one.
    public var status: Int?

    /// What the server said in the body of a refusal, up to 64 KiB, as UTF-8; of undecodable data the data.
    public var body: String

    /// The message.
    public var description: String { message }

    init(_ code: Code, _ message: String, url: String, status: Int? = nil, body: String = "") {
        self.code = code
        self.message = "\(redactedURL(url)): \(message)"
        self.url = url
        self.status = status
        self.body = body
    }
}
