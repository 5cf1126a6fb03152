import Martlet
import NIOCore
import ServerSentEvents

/// A subscriber that is answered once, for clients to whom streams don't get through: joins like a stream, and leaves with
/// the first events it gets.
///
/// Owned by the ``HubHandler`` whose request it is, and like it confined to the connection's event loop.
final class LongPoll: StreamOutlet {
    /// More than this is not collected for one answer; the rest comes with the next.
    private static let maxBytes = 256 << 10

    private let shard: Shard
    private let answersAtOnce: Bool
    private let address: String
    private var subscriber: Subscriber?
    private var bytes = ByteBuffer()
    /// It was ended by the hub with nothing to say, since history can't be read or an operator wanted so.
    private(set) var isCutOff = false
    /// Called in a later turn of the loop once there is something to answer with.
    private var isReady: (() -> Void)?

    /// - Parameter answersAtOnce: for somebody who has no id yet, and needs one to wait from.
    init(_ shard: Shard, address: String, answersAtOnce: Bool) {
        self.shard = shard
        self.answersAtOnce = answersAtOnce
        self.address = address
    }

    /// Joins the shard.
    func begin(_ interest: Interest, from start: ResumePoint, isReady: @escaping () -> Void) {
        self.isReady = isReady
        self.subscriber = self.shard.join(interest, from: start, outlet: self)
        if self.answersAtOnce { self.announce() }
    }

    /// Leaves the shard; what was collected, as JSON: the events, and the id to go on from.
    func end(_ ending: StreamEnd) -> String {
        self.isReady = nil
        guard let subscriber = self.subscriber else { return "" }
        self.subscriber = nil
        subscriber.ending = ending
        let place = Position(epoch: self.shard.epoch, sequence: self.shard.cursor(of: subscriber))
        self.shard.leave(subscriber)
        return
            "{\"lastEventID\":\(JSONText.quoted(place.description)),\"events\":[\(self.events.joined(separator: ","))]}\n"
    }

    /// What was sent to everybody as a stream, read back: frames are encoded once for all.
    private var events: [String] {
        var parser = EventParser(limits: EventParser.Limits(maxLineBytes: 1 << 40, maxEventBytes: 1 << 40))
        var events: [String] = []
        var retry: Int?
        try? self.bytes.withUnsafeReadableBytes { bytes throws(EventParserError) in
            try parser.parse(bytes) { item in
                switch item {
                case .event(let event):
                    let fields = [("id", event.lastEventID), ("type", event.type), ("data", event.data)]
                    let texts =
                        fields.map { "\"\($0)\":\(JSONText.quoted($1))" } + (retry.map { ["\"retry\":\($0)"] } ?? [])
                    events.append("{\(texts.joined(separator: ","))}")
                    retry = nil
                case .retry(let time): retry = time
                case .comment: break
                }
            }
        }
        return events
    }

    /// In a turn of its own: this is called from within the shard.
    private func announce() {
        guard let isReady = self.isReady else { return }
        self.isReady = nil
        self.shard.eventLoop.assumeIsolated().execute { isReady() }
    }

    // MARK: StreamOutlet

    func send(_ frame: Frame) -> SendResult {
        // A comment is nothing to answer with.
        if frame.payload.readableBytesView.first == UInt8(ascii: ":") { return .taken }
        self.bytes.writeImmutableBuffer(frame.payload)
        self.announce()
        return self.bytes.readableBytes < Self.maxBytes ? .taken : .full
    }

    /// It takes everything, for half a minute at most.
    var progress: Int { 0 }

    var peer: StreamPeer { StreamPeer(address: self.address, version: "poll") }

    func end(with last: Frame?) {
        self.isCutOff = last == nil && self.bytes.readableBytes == 0
        self.announce()
    }
}

@available(*, unavailable)
extension LongPoll: Sendable {}
