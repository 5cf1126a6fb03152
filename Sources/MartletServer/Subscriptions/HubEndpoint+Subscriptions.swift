import HTTPTypes
import Martlet
import NIOCore

extension HubEndpoint {
    /// The most subscriptions in one answer: some megabytes.
    private static let maxListed = 10_000

    /// Publishes that a subscriber has come or gone, on its own event loop. If the log refuses that, the subscriber is
    /// none the worse for it, and the list is right all the same.
    func announce(_ subscriber: ActiveSubscriber, isActive: Bool) {
        self.listing.noteChange()
        self.hub.publish(SubscriptionDocument.updates(subscriber, isActive: isActive)) { _ in }
    }

    /// The answer to a request of the subscriptions API.
    ///
    /// - Parameters:
    ///   - grants: the private updates that who asks may see.
    ///   - ifNoneMatch: the request's field of this name.
    func listSubscriptions(
        _ path: SubscriptionPath,
        grants: [Selector],
        ifNoneMatch: String?
    ) async throws -> HubResponse {
        // Before the list is made: what comes after this id is told by updates, and to hear of a change twice is harmless.
        let (changes, last) = (self.listing.changes, self.hub.logState.bounds.last)
        let lastEventID = try await self.hub.lastEventID(grants: grants)
        let tag = "\"\(self.tag(of: lastEventID))\""
        // What a publisher has made up may have been there before.
        let isUnique = Position(lastEventID)?.sequence == last || lastEventID == Update.earliest
        var subscribers: [ActiveSubscriber] = []
        for (eventLoop, shared) in self.loops {
            subscribers += try await eventLoop.submit { shared.value.subscriptions.matching(path) }.get()
        }
        guard subscribers.reduce(0, { $0 + (path.topic == nil ? $1.topics.count : 1) }) <= Self.maxListed else {
            throw RequestError(
                .serviceUnavailable,
                "There are more than \(Self.maxListed) active subscriptions; ask for those of one topic.",
                reason: .tooLarge
            )
        }
        var response: HubResponse
        if let id = path.subscriber, let topic = path.topic {
            guard let subscriber = subscribers.first else {
                throw RequestError(
                    .notFound,
                    "The subscriber \(id.quoted) has no active subscription to \(topic.quoted)."
                )
            }
            response = .text(.ok, SubscriptionDocument.one(subscriber, topic: topic))
        } else {
            response = .text(
                .ok,
                SubscriptionDocument.collection(subscribers, path: path, lastEventID: lastEventID)
            )
        }
        response.fields = [("Content-Type", SubscriptionDocument.mediaType), ("Cache-Control", "private, no-cache")]
        response.fields.append(("ETag", tag))
        let isUnchanged = self.listing.isUnchanged(changes, at: last)
        if let ifNoneMatch, ifNoneMatch == "*" || isUnchanged && isUnique && Self.matches(ifNoneMatch, tag) {
            response.status = .notModified
            response.body = ""
            response.hasLength = false
        }
        return response
    }

    /// The id, unless it holds what a tag in a list can't (RFC 9110 §8.8.3): a publisher may have made it up.
    private func tag(of id: String) -> String {
        let isPlain = id.utf8.allSatisfy {
            (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: ",")
        }
        let (epoch, bounds) = self.hub.logState
        return isPlain ? id : Position(epoch: epoch, sequence: bounds.last).description
    }

    /// RFC 9110 §13.1.2: a list of tags, compared weakly.
    private static func matches(_ field: String, _ tag: String) -> Bool {
        field.utf8.split(separator: UInt8(ascii: ",")).contains { item in
            var item = Substring(item).drop { $0 == " " }
            while item.last == " " { item.removeLast() }
            return item == tag || item == "W/" + tag
        }
    }
}
