import NIOCore
import ServerSentEvents

@testable import Martlet

/// The end of a stream whose socket takes everything: what is measured is the hub's part.
final class CountingOutlet: StreamOutlet {
    private(set) var bytes = 0
    var progress: Int { self.bytes }
    var peer: StreamPeer { StreamPeer() }

    func send(_ frame: Frame) -> SendResult {
        self.bytes &+= frame.payloadBytes
        return .taken
    }

    func end(with last: Frame?) {}
}
