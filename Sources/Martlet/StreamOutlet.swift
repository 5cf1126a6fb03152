/// Where one subscriber's bytes go: the end of an HTTP response. The hub knows no more of HTTP than this.
///
/// Everything here is called on the subscriber's event loop. An outlet never calls back into its shard from within
/// these methods; it does so in a later turn of the loop.
package protocol StreamOutlet: AnyObject {
    /// Sends all of `frame` after what was sent before.
    ///
    /// After `.full` the outlet holds the rest and calls ``Shard/roomAvailable(for:)`` once it is gone; nothing more is
    /// sent to it before. After `.closed` it calls ``Shard/leave(_:)``.
    func send(_ frame: Frame) -> SendResult

    /// What a frame's chunk may be written to past the outlet for as long as the subscriber is live, if there is that. It
    /// is asked for when the subscriber becomes live.
    var socket: StreamSocket? { get }

    /// Goes on where such a write did not end well: queues what of the frame was left over, or ends the stream.
    func resume(_ frame: Frame, after outcome: StreamSocket.Outcome) -> SendResult

    /// Grows while the peer takes bytes; a reader for whom it stands still makes no progress.
    var progress: Int { get }

    /// Who is at the other end, for people: an address and port, and the version of HTTP. Asked for seldom.
    var peer: StreamPeer { get }

    /// Ends the response in good order, after `last` if there is room for it.
    func end(with last: Frame?)
}

extension StreamOutlet {
    package var socket: StreamSocket? { nil }
    package func resume(_ frame: Frame, after outcome: StreamSocket.Outcome) -> SendResult { .closed }
}

/// Who is at the other end of a stream.
package struct StreamPeer: Sendable, Hashable {
    package var address: String
    package var version: String

    package init(address: String = "", version: String = "") {
        self.address = address
        self.version = version
    }
}

/// What an outlet could do with a frame.
package enum SendResult: Sendable {
    /// The network has it, and room for more.
    case taken
    /// There is no room for more yet.
    case full
    /// The peer is gone.
    case closed
}
