import NIOCore
import ServerSentEvents

@testable import Martlet

/// The end of a stream that remembers what it was sent, and is full or closed when a test wants it to be.
///
/// Confined to the shard's event loop, as every outlet is.
final class ScriptedOutlet: StreamOutlet {
    /// What to answer to the next frame, which is recorded all the same unless the peer is gone.
    var answer: () -> SendResult
    var subscriber: Subscriber?
    /// Every frame's payload, in order.
    private(set) var writes: [ByteBuffer] = []
    private(set) var isFull = false
    private(set) var isClosed = false
    /// How often it was ended, and with what.
    private(set) var ends: [String?] = []
    /// What a shard must never do.
    private(set) var violations: [String] = []
    var progress = 0
    let coding: ContentCoding
    private var member: GzipMember?

    init(coding: ContentCoding = .identity, _ answer: @escaping () -> SendResult = { .taken }) {
        self.answer = answer
        self.coding = coding
        self.member = coding == .gzip ? GzipMember() : nil
    }

    func send(_ frame: Frame) -> SendResult {
        if self.isFull { self.violations.append("sent to a full socket") }
        if self.isClosed { self.violations.append("sent to a closed socket") }
        if let subscriber, case .gone = subscriber.state { self.violations.append("sent to one that has left") }
        if (frame.digest == nil) != (self.member == nil) { self.violations.append("sent in another coding") }
        let result = self.answer()
        if result == .closed {
            self.isClosed = true
        } else {
            if let digest = frame.digest { self.member?.add(digest) }
            self.writes.append(frame.payload)
            self.isFull = result == .full
        }
        return result
    }

    var peer: StreamPeer { StreamPeer() }
    func end(with last: Frame?) {
        self.ends.append(last.map { String(buffer: $0.payload) })
    }

    /// The socket has taken everything.
    func drain() {
        self.isFull = false
        self.progress += 1
    }

    /// What a client makes of it.
    var events: [MessageEvent] {
        get throws {
            var parser = EventParser()
            var events: [MessageEvent] = []
            try parser.parse(self.stream) { if case .event(let event) = $0 { events.append(event) } }
            return events
        }
    }

    /// All that it was sent; of a compressed stream what the member is decompressed to that it is when it ends now.
    var stream: [UInt8] {
        get throws {
            var stream = ByteBuffer()
            if self.member != nil { stream.writeImmutableBuffer(self.coding.opening.payload) }
            for write in self.writes { stream.writeImmutableBuffer(write) }
            guard let member = self.member else { return Array(stream.readableBytesView) }
            stream.writeImmutableBuffer(member.end(after: nil).payload)
            return try GzipReader.wholeMember(stream.readableBytesView)
        }
    }

    var heartbeats: Int { self.writes.count { $0 == self.coding.heartbeat.payload } }
}
