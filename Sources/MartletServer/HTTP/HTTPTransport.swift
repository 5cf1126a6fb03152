import HTTPTypes
import Martlet
import NIOCore
import NIOHTTPTypes

/// What a request came on and its answer goes out on: an HTTP/1 connection, or a stream of an HTTP/2 connection.
///
/// ``HubHandler`` knows no more of the version than this. Confined to the channel's event loop.
protocol HTTPTransport: AnyObject {
    /// The versions differ in how they end, see ``HTTPEnding``.
    var ending: HTTPEnding { get }

    /// How many bytes of answers the peer has not got yet.
    var unsentBytes: Int { get }

    /// Turns to the next request; to be called once for each head, in order.
    ///
    /// - Throws: if it must not be served, whatever it asks for.
    func beginRequest(_ head: HTTPRequest) throws(RequestError) -> Persistence

    /// Sends a whole answer.
    ///
    /// - Parameter close: whether it is the last.
    func send(_ response: HubResponse, date: String, close: Bool)

    /// Notes the write that ends an answer which was not sent by ``send(_:date:close:)``.
    func noteEnd(_ written: EventLoopFuture<Void>)

    /// Tells a client that waits for it to send its body (RFC 9110 §10.1.1).
    func sendContinue()

    /// Closes once everything that was written has been sent.
    func closeAfterWrites()

    /// Turns it into a stream: the codecs and `handler` leave the pipeline, the stream's own handler takes their place.
    func becomeStream(_ opening: StreamOpening, replacing handler: HubHandler) throws

    /// Hands what is left of it to Hummingbird, or says with nil that there will be nothing.
    func handOver(_ channel: NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>?)
}

/// Whether a further request may come after the one at hand.
enum Persistence {
    case persists
    case ends
}

/// What has to be done after the last answer.
enum HTTPEnding {
    /// The other half is read for a while: a TCP connection closed over unread bytes is reset, and the answer lost with
    /// it (RFC 9112 §9.6).
    case lingers
    /// Nothing: what still comes is discarded by the protocol below.
    case ends
}
