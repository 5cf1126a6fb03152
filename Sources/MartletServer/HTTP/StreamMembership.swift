import Martlet
import NIOCore
import Synchronization

/// A stream's side of being a subscriber: it joins once, leaves once, ends in time, and gives back what was counted for it.
///
/// Owned by the handler that is the stream's outlet, and like it confined to one event loop.
final class StreamMembership: HasDeadline {
    private let endpoint: HubEndpoint
    private let shared: LoopShared
    private let shard: Shard
    /// Whom it is counted for.
    let address: ClientAddress?
    private let subject: String
    private let listing: ActiveSubscriber?
    private var subscriber: Subscriber?

    let deadline: NIODeadline
    var deadlineSlot = -1

    init(_ opening: StreamOpening) {
        self.endpoint = opening.endpoint
        self.shared = opening.shared
        self.shard = opening.shard
        self.address = opening.address
        self.subject = opening.subject
        self.listing = opening.listing
        self.deadline = opening.deadline
    }

    var stall: TimeAmount { self.shard.stallTimeout }

    /// Joins the shard; what the subscriber has missed is sent at once.
    func join(_ opening: StreamOpening, outlet: any StreamOutlet) {
        self.subscriber = self.shard.join(
            opening.interest,
            coding: opening.coding,
            from: opening.start,
            outlet: outlet
        )
        if self.deadline != .distantFuture { self.shared.deadlines.add(self) }
        self.shared.streamsBySubject.add(self, of: self.subject)
        if let listing = self.listing {
            self.shared.subscriptions.add(listing)
            self.endpoint.announce(listing, isActive: true)
        }
    }

    /// The socket has room again. Must not be called from within a write.
    func roomAvailable() {
        if let subscriber = self.subscriber { self.shard.roomAvailable(for: subscriber) }
    }

    /// Ends the subscription. Must not be called while the shard walks its subscribers.
    func leave() {
        guard let subscriber = self.subscriber else { return }
        self.subscriber = nil
        self.shared.deadlines.remove(self)
        self.shared.streamsBySubject.remove(self, of: self.subject)
        if let journal = self.endpoint.journal, let stream = self.shard.stream(of: subscriber, now: .now()) {
            journal.note(stream, subscriber.ending)
        }
        self.shard.leave(subscriber)
        if let listing = self.listing {
            self.shared.subscriptions.remove(listing)
            self.endpoint.announce(listing, isActive: false)
        }
    }

    /// The server stops, and has not drained its streams before: ends it, and tells it when to come back, each client at
    /// another time.
    func quiesce() {
        guard let subscriber = self.subscriber else { return }
        var last: Frame?
        if subscriber.ending == .client {
            subscriber.ending = .drain
            last = Frame(bytes: Array("retry: \(Int.random(in: 1000...6000))\n\n".utf8))
        }
        self.shard.end(subscriber, with: last)
    }

    /// The channel is gone.
    func close() {
        self.endpoint.closeStream(from: self.address)
    }

    /// Its token has ended or what an application granted, or it is as old as streams get.
    func deadlinePassed() {
        self.endpoint.expiredStreams.add(1, ordering: .relaxed)
        guard let subscriber = self.subscriber else { return }
        subscriber.ending = .expired
        self.shard.end(subscriber)
    }
}

@available(*, unavailable)
extension StreamMembership: Sendable {}
